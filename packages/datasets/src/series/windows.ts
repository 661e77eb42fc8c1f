import { DataError } from '../dataset.ts';
import { LONGEST, SHORTEST } from './limits.ts';
import { periodOf } from './period.ts';
import type { Recording, RecordingSet } from './recording.ts';
import { type Scaling, toScale } from './scaling.ts';

/** A stretch of a recording that is one sample for a model. */
export interface Window {
  readonly recording: Recording;
  /** Its first instant. */
  readonly start: number;
}

/** How windows are cut. */
export interface Cut {
  /** Instants in a window. */
  readonly window: number;
  /** Instants between the starts of two windows. */
  readonly stride: number;
}

/** Largest total amount of numbers in the windows of a set. */
const MOST_NUMBERS = 2 ** 28;
/** Minimum number of training windows, if the recordings are long enough and their windows short enough. */
const MANY = 2000;
/** Most numbers in windows that overlap by more than three quarters. */
const MOST_OVERLAPPING = 2 ** 24;
/** The window length if a recording has no period. */
const USUAL = 64;
/** The longest window that is chosen automatically. */
const LONGEST_CHOSEN = 1024;

/**
 * Windows for these recordings: whole series, or for recordings, the user's window or else the longest period among the
 * channels of the first recording.
 *
 * @returns also a sentence that explains the window, if the user did not choose it
 * @throws DataError if the window length is not possible for the recordings
 */
export function cutOf(
  { layout, recordings, channels }: RecordingSet,
  { window, stride }: { readonly window?: number | undefined; readonly stride?: number | undefined },
): Cut & { readonly why?: string } {
  const [first] = recordings;
  const longest = recordings.reduce((most, { length }) => Math.max(most, length), 0);
  if (window === undefined && layout === 'series') return { window: first!.length, stride: first!.length };
  if (window !== undefined) {
    if (window < SHORTEST || window > LONGEST)
      throw new DataError(`--window is ${window}; a window must have ${SHORTEST} to ${LONGEST} instants.`);
    if (window > longest)
      throw new DataError(
        `--window ${window} is longer than the recording: ${recordings.length === 1 ? first!.name : 'the longest'} has ${longest} instants.`,
      );
    return { window, stride: stride ?? strideOf(window, { recordings, channels }) };
  }
  if (longest < 2 * SHORTEST) {
    throw new DataError(
      `${first!.name} is a recording of ${first!.length} instants, too short to cut windows from. It needs at least ${2 * SHORTEST}.`,
    );
  }
  const largest = Math.max(SHORTEST, Math.min(LONGEST_CHOSEN, Math.floor(longest / 4)));
  const periods = channels.map((_, c) => periodOf(first!.values.filter((_, i) => i % channels.length === c)));
  const period = Math.max(0, ...periods.filter((own) => own !== undefined));
  const chosen = Math.max(SHORTEST, Math.min(largest, period === 0 ? USUAL : period));
  const step = stride ?? strideOf(chosen, { recordings, channels });
  const reason = period === 0 ? 'no period was found' : `the period is about ${period}`;
  return {
    window: chosen,
    stride: step,
    why: `${first!.name}: ${reason}, so windows have ${chosen} instants, one every ${step}. Use --window and --stride to change this.`,
  };
}

/** A quarter of a window, or less if that would give few windows. */
function strideOf(window: number, { recordings, channels }: Pick<RecordingSet, 'recordings' | 'channels'>): number {
  const instants = recordings.reduce((sum, { length }) => sum + length, 0);
  const numbers = instants * window * channels.length;
  const overlapping = Math.max(Math.floor(instants / MANY), Math.ceil(numbers / MOST_OVERLAPPING));
  return Math.max(1, Math.min(Math.floor(window / 4), overlapping));
}

/**
 * The windows of a recording. The last one ends at its end, so that every instant is in a window. Empty if it is
 * shorter than a window.
 */
export function windowsOf(recording: Recording, { window, stride }: Cut): Window[] {
  const last = recording.length - window;
  const windows: Window[] = [];
  for (let start = 0; start <= last; start += stride) windows.push({ recording, start });
  if (last > 0 && last % stride !== 0) windows.push({ recording, start: last });
  return windows;
}

/** Whether a window contains no instant labelled abnormal. */
export function isNormal({ recording: { normal }, start }: Window, { window }: Cut): boolean {
  if (normal === undefined) return true;
  for (let t = start; t < start + window; t++) if (normal[t] === 0) return false;
  return true;
}

/** Scaled windows for a model, row-major [windows, window, channels]. @throws DataError if they do not fit in memory */
export function rowsOfWindows(windows: readonly Window[], { window }: Cut, scaling: Scaling): Float32Array {
  const width = scaling.offset.length;
  const size = window * width;
  if (windows.length * size > MOST_NUMBERS) {
    throw new DataError(
      `${windows.length} windows of ${size} numbers do not fit in memory. Give a larger --stride or a smaller --window.`,
    );
  }
  const rows = new Float32Array(windows.length * size);
  windows.forEach(({ recording, start }, i) => {
    rows.set(recording.values.subarray(start * width, start * width + size), i * size);
  });
  return toScale(rows, scaling);
}

/**
 * The score of each instant: the mean of the scores of the windows that cover it.
 *
 * @param scores the scores of the windows, which all belong to one recording of `length` instants
 */
export function instantScores(
  windows: readonly Window[],
  scores: ArrayLike<number>,
  { window }: Cut,
  length: number,
): Float32Array {
  // Running sums: a window's score is added where it starts and subtracted where it ends.
  const sums = new Float64Array(length + 1);
  const counts = new Int32Array(length + 1);
  windows.forEach(({ start }, i) => {
    sums[start]! += scores[i]!;
    sums[start + window]! -= scores[i]!;
    counts[start]!++;
    counts[start + window]!--;
  });
  const means = new Float32Array(length);
  let [sum, count] = [0, 0];
  for (let t = 0; t < length; t++) {
    sum += sums[t]!;
    count += counts[t]!;
    means[t] = sum / count;
  }
  return means;
}
