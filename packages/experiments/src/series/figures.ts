import { fromScale, isNormal, type Recording, rowsOfWindows, type Window } from '@hourglass/datasets';
import type { Figure } from '../figure-source.ts';
import { errorHistograms, recordingFigure, type Stretch, stretchesAbove, windowFigure } from '../figures/index.ts';
import type { TrainedModel } from '../trained-model.ts';
import type { Detector } from './detector.ts';
import { type Judged, judge, scoreWindows } from './judge.ts';
import type { SeriesTask } from './series.ts';

/** Number of windows in the figure of the worst windows. */
const WORST = 10;
/** Largest number of recordings with their own figure. */
const MOST_RECORDINGS = 5;
/** Largest number of windows searched for the worst ones between epochs. */
const MOST_BETWEEN = 4096;

/** The file name without its folder. */
const shortName = (name: string): string => name.replace(/^.*[/\\]/, '');

const TITLE = 'Detector of abnormal series';

/**
 * The figures of a trained detector: the worst windows, the errors of all windows, and recordings with their findings.
 */
export async function seriesFigures(trained: TrainedModel, { set }: SeriesTask, detector: Detector): Promise<Figure[]> {
  const judged = await judge(trained, set.recordings, detector);
  const drawn = detector.layout === 'recording' ? judged.slice(0, MOST_RECORDINGS) : [];
  return [
    ...drawn.map((own, i) => ({
      name: i === 0 ? 'recording' : `recording-${i + 1}`,
      svg: drawRecording(own, detector),
    })),
    await drawWorst(
      trained,
      judged.flatMap(({ windows }) => [...windows]),
      joined(judged),
      detector,
    ),
    { name: 'errors', svg: drawErrors(judged, detector) },
  ];
}

/** Draws the windows that the current model reconstructs worst. */
export async function worstWindows(
  trained: TrainedModel,
  { splits, cut, scaling }: SeriesTask,
  detector: Detector,
): Promise<Figure> {
  const windows = [...splits.validation, ...splits.abnormal].slice(0, MOST_BETWEEN);
  return drawWorst(trained, windows, await scoreWindows(trained, windows, cut, scaling), detector);
}

/** Draws a recording above the scores of its instants. */
export function drawRecording({ recording, instants }: Judged, { channels, threshold }: Detector): string {
  return recordingFigure({
    title: shortName(recording.name),
    channels: channels.map((name, c) => ({
      name,
      values: recording.values.filter((_, i) => i % channels.length === c),
    })),
    scores: instants,
    threshold,
    labelled: labelled(recording),
  });
}

const labelled = ({ normal }: Recording): Stretch[] =>
  normal === undefined
    ? []
    : stretchesAbove(
        normal.map((value) => 1 - value),
        0.5,
      );

const joined = (judged: readonly Judged[]): Float32Array =>
  Float32Array.from(judged.flatMap(({ scores }) => [...scores]));

export async function drawWorst(
  trained: TrainedModel,
  windows: readonly Window[],
  scores: Float32Array,
  detector: Detector,
): Promise<Figure> {
  const { window, layout, scaling, channels, threshold } = detector;
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const chosen: number[] = [];
  for (const i of order) {
    // The worst window represents all windows that overlap it.
    const overlaps = chosen.some(
      (other) =>
        windows[other]!.recording === windows[i]!.recording &&
        Math.abs(windows[other]!.start - windows[i]!.start) < window,
    );
    if (!overlaps && chosen.push(i) === WORST) break;
  }
  const rows = rowsOfWindows(
    chosen.map((i) => windows[i]!),
    detector,
    scaling,
  );
  const rebuilt = await trained.reconstruct(rows);
  const [values, reconstructions] = [fromScale(rows, scaling), fromScale(rebuilt, scaling)];
  const size = window * channels.length;
  const panels = chosen.map((i, k) => {
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
      samples: of(values),
      reconstruction: of(reconstructions),
    };
  });
  return {
    name: 'worst',
    svg: windowFigure({
      title: `${TITLE} · the highest scores (threshold ${threshold.toPrecision(3)})`,
      windows: panels,
    }),
  };
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

function drawErrors(judged: readonly Judged[], detector: Detector): string {
  const isLabelled = judged[0]!.recording.normal !== undefined;
  const of = (wanted: boolean): number[] =>
    judged.flatMap(({ windows, scores }) => [...scores].filter((_, i) => isNormal(windows[i]!, detector) === wanted));
  return errorHistograms({
    title: `${TITLE} · reconstruction errors`,
    normal: of(true),
    abnormal: of(false),
    threshold: detector.threshold,
    unit: detector.layout === 'series' ? 'series' : 'windows',
    groups: isLabelled ? ['normal', 'abnormal'] : ['all', ''],
  });
}
