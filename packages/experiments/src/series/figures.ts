import { isNormal, type Recording, type Window } from '@hourglass/datasets';
import type { Figure } from '../figure-source.ts';
import { errorHistograms, recordingFigure, type Stretch, stretchesAbove, windowFigure } from '../figures/index.ts';
import type { TrainedModel } from '../trained-model.ts';
import type { Detector } from './detector.ts';
import { type Judged, judge, scoreWindows } from './judge.ts';
import type { SeriesTask } from './series.ts';
import { shortName, worstOf } from './worst.ts';

/** Number of windows in the figure of the worst windows. */
const WORST = 10;
/** Largest number of recordings with their own figure. */
const MOST_RECORDINGS = 5;
/** Largest number of windows searched for the worst ones between epochs. */
const MOST_BETWEEN = 4096;

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
    ...(recording.times && { times: recording.times }),
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
  const worst = await worstOf(trained, windows, scores, detector, WORST);
  return {
    name: 'worst',
    svg: windowFigure({
      title: `${TITLE} · the highest scores (threshold ${detector.threshold.toPrecision(3)})`,
      windows: worst,
    }),
  };
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
