import { type Cut, DataError, type SeriesOptions, type Window } from '@hourglass/datasets';
import { checkChannels, type Judgement, scoreWindows, WindowCutter } from '@hourglass/experiments';
import { seriesIn } from '../io/series-stream.ts';
import type { OpenDetector } from '../model/open-detector.ts';

/**
 * Evaluates lines as they arrive: each line is a series, or one instant of a recording, whose windows are evaluated as
 * soon as they are complete. The time of a verdict is that of the last instant of its window.
 *
 * @throws DataError, naming the line, for wrong input
 */
export async function watch(
  input: AsyncIterable<Uint8Array>,
  reading: SeriesOptions,
  { trained, detector }: OpenDetector,
  tell: (judgements: readonly Omit<Judgement, 'file'>[]) => Promise<void>,
): Promise<void> {
  const { scaling, window, stride, layout } = detector;
  const cut: Cut = { window, stride };
  const cutter = new WindowCutter(cut);
  let count = 0;
  for await (const set of seriesIn(input, reading, detector)) {
    checkChannels(set, detector);
    const { recordings } = set;
    let due: readonly (Window & { readonly index: number; readonly time: string | number })[];
    if (layout === 'series') {
      const odd = recordings.find(({ length }) => length !== window);
      if (odd !== undefined)
        throw new DataError(`${odd.name} has ${odd.length} numbers; the model needs series of ${window}.`);
      due = recordings.map((recording, i) => ({ recording, start: 0, index: count + i, time: count + i }));
      count += recordings.length;
    } else {
      due = cutter.push({ ...set, first: count, place: 'within' }).map(({ recording, start, from }) => {
        const index = from + window - 1;
        return { recording, start, index, time: recording.times?.[start + window - 1] ?? index };
      });
      count += recordings[0]!.length;
    }
    if (due.length === 0) continue;
    const scores = await scoreWindows(trained, due, cut, scaling);
    await tell(due.map(({ index, time }, i) => ({ index, time, score: scores[i]! })));
  }
  if (layout === 'recording' && count < window)
    throw new DataError(`standard input ended after ${count} instants; a window has ${window}.`);
}
