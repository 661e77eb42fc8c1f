import {
  type Cut,
  DataError,
  instantScores,
  type Recording,
  rowsOfWindows,
  type Scaling,
  type Window,
  windowsOf,
} from '@hourglass/datasets';
import type { ApplyOptions, TrainedModel } from '../trained-model.ts';
import type { Detector } from './detector.ts';

/** Windows of one or more recordings, with their scores. */
export interface ScoredWindows {
  readonly windows: readonly Window[];
  readonly scores: Float32Array;
}

/** A recording with the scores of its instants, or with the one score of a series that is a single sample. */
export interface Judged extends ScoredWindows {
  readonly recording: Recording;
  readonly instants: Float32Array;
}

export interface ScoreOptions extends Pick<ApplyOptions, 'of'> {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The score of each window: the mean absolute error of its scaled reconstruction.
 *
 * @throws DataError if a score is not a finite number
 */
export async function scoreWindows(
  trained: TrainedModel,
  windows: readonly Window[],
  cut: Cut,
  scaling: Scaling,
  { onProgress = () => {}, of }: ScoreOptions = {},
): Promise<Float32Array> {
  const read = async (start: number, count: number): Promise<Float32Array> => {
    onProgress(start, windows.length);
    return rowsOfWindows(windows.slice(start, start + count), cut, scaling);
  };
  const errors = await trained.errors({ count: windows.length, read }, { of });
  const wrong = errors.findIndex((error) => !Number.isFinite(error));
  if (wrong >= 0) {
    const { recording, start } = windows[wrong]!;
    throw new DataError(
      `${recording.name}: the numbers from instant ${(recording.first ?? 0) + start} are so large that their error is not a finite number.`,
    );
  }
  return errors;
}

/**
 * Judges recordings window by window.
 *
 * @throws DataError if a recording is shorter than a window, a series that is a single sample has another length, or a
 *   score is not a finite number
 */
export async function judge(
  trained: TrainedModel,
  recordings: readonly Recording[],
  detector: Pick<Detector, 'window' | 'stride' | 'layout' | 'scaling'>,
  onProgress?: (done: number, total: number) => void,
): Promise<Judged[]> {
  const { layout, scaling } = detector;
  const parts = recordings.map((recording) => windowsToJudge(recording, detector));
  const scores = await scoreWindows(trained, parts.flat(), detector, scaling, { onProgress });
  let at = 0;
  return parts.map((windows, i) => {
    const recording = recordings[i]!;
    const own = scores.subarray(at, at + windows.length);
    at += windows.length;
    return {
      recording,
      windows,
      scores: own,
      instants: layout === 'series' ? own : instantScores(windows, own, detector, recording.length),
    };
  });
}

/**
 * The windows to judge in a recording.
 *
 * @throws DataError if the recording is shorter than a window, or is a single sample of another length
 */
export function windowsToJudge(
  recording: Recording,
  detector: Pick<Detector, 'window' | 'stride' | 'layout'>,
): Window[] {
  const { window, layout } = detector;
  if (recording.length < window || (layout === 'series' && recording.length !== window)) {
    throw new DataError(
      `${recording.name} has ${recording.length} instants; the model takes ${layout === 'series' ? 'series of' : 'windows of'} ${window}.`,
    );
  }
  return windowsOf(recording, detector);
}
