import { fromScale, isNormal, rowsOfWindows, type Window } from '@hourglass/datasets';
import type { TrainedModel } from '../trained-model.ts';
import type { Detector } from './detector.ts';

/** A window with one of the highest scores. */
export interface WorstWindow {
  /** Its place, its score and, where it is labelled, its label. */
  readonly title: string;
  readonly score: number;
  /** The values of the channel with the largest error, in the units of the data. */
  readonly samples: Float32Array;
  readonly reconstruction: Float32Array;
}

/** The file name without its folder. */
export const shortName = (name: string): string => name.replace(/^.*[/\\]/, '');

/** The windows with the highest scores, the highest first, at most `most`. None overlaps another. */
export async function worstOf(
  trained: TrainedModel,
  windows: readonly Window[],
  scores: Float32Array,
  detector: Detector,
  most: number,
): Promise<WorstWindow[]> {
  const { window, layout, scaling, channels } = detector;
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const chosen: number[] = [];
  for (const i of order) {
    // The worst window represents all windows that overlap it.
    const overlaps = chosen.some(
      (other) =>
        windows[other]!.recording === windows[i]!.recording &&
        Math.abs(windows[other]!.start - windows[i]!.start) < window,
    );
    if (!overlaps && chosen.push(i) === most) break;
  }
  const rows = rowsOfWindows(
    chosen.map((i) => windows[i]!),
    detector,
    scaling,
  );
  const rebuilt = await trained.reconstruct(rows);
  const [values, reconstructions] = [fromScale(rows, scaling), fromScale(rebuilt, scaling)];
  const size = window * channels.length;
  return chosen.map((i, k) => {
    const { recording, start } = windows[i]!;
    const channel = worstChannel(rows, rebuilt, k, detector);
    const of = (numbers: Float32Array): Float32Array =>
      numbers.subarray(k * size, (k + 1) * size).filter((_, at) => at % channels.length === channel);
    const where =
      layout === 'series'
        ? shortName(recording.name)
        : `${shortName(recording.name)}, from ${recording.times?.[start] ?? start}`;
    const verdict =
      recording.normal === undefined
        ? ''
        : isNormal(windows[i]!, detector)
          ? ', labelled normal'
          : ', labelled abnormal';
    const own = channels.length === 1 ? '' : `, ${channels[channel]!}`;
    return {
      title: `${where}${own} · score ${scores[i]!.toPrecision(3)}${verdict}`,
      score: scores[i]!,
      samples: of(values),
      reconstruction: of(reconstructions),
    };
  });
}

/** The channel of the k-th window with the largest scaled reconstruction error. */
function worstChannel(
  rows: Float32Array,
  reconstructions: Float32Array,
  k: number,
  { window, channels }: Detector,
): number {
  const sums = channels.map((_, c) => {
    let sum = 0;
    for (let t = 0; t < window; t++) {
      const at = (k * window + t) * channels.length + c;
      sum += Math.abs(rows[at]! - reconstructions[at]!);
    }
    return sum;
  });
  return sums.indexOf(Math.max(...sums));
}
