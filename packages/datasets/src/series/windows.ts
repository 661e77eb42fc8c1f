import { DataError } from '../dataset.ts';
import { LONGEST, SHORTEST } from './limits.ts';
import { periodOf } from './period.ts';
import type { Recording, RecordingSet } from './recording.ts';
import { type Scaling, toScale } from './scaling.ts';

/** A stretch of a recording that a model takes at once. */
export interface Window {
  readonly recording: Recording;
  /** Its first instant. */
  readonly start: number;
}

/** How windows are cut. */
export interface Cut {
  /** Instants of a window. */
  readonly window: number;
  /** Instants between the beginnings of two windows. */
  readonly stride: number;
}

/** Numbers that all windows of a set may hold together. */
const MOST_NUMBERS = 2 ** 28;
/** Windows that a training has at least, where the recordings are long enough. */
const MANY = 2000;
/** The window where a recording shows no period. */
const USUAL = 64;
/** The longest window that is chosen unasked. */
const LONGEST_CHOSEN = 1024;

/**
 * Windows for these recordings: each series as a whole, or of a recording, what the user says, and else the longest period that a channel
 *  of the first recording has.
 *
 * @returns also a sentence that says how the window came about, where nobody gave it
 * @throws DataError if a window is no length for the recordings
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
      throw new DataError(`--window is ${window}; a window has ${SHORTEST} to ${LONGEST} instants.`);
    if (window > longest)
      throw new DataError(
        `--window ${window} is longer than the recording: ${recordings.length === 1 ? first!.name : 'the longest'} has ${longest} instants.`,
      );
    return { window, stride: stride ?? strideOf(window, recordings) };
  }
  if (longest < 2 * SHORTEST) {
    throw new DataError(
      `${first!.name} is a recording of ${first!.length} instants, too short to cut windows from. It takes ${2 * SHORTEST} at least.`,
    );
  }
  const largest = Math.max(SHORTEST, Math.min(LONGEST_CHOSEN, Math.floor(longest / 4)));
  const periods = channels.map((_, c) => periodOf(first!.values.filter((_, i) => i % channels.length === c)));
  const period = Math.max(0, ...periods.filter((own) => own !== undefined));
  const chosen = Math.max(SHORTEST, Math.min(largest, period === 0 ? USUAL : period));
  const step = stride ?? strideOf(chosen, recordings);
  const reason = period === 0 ? 'no period is seen' : `the period is about ${period}`;
  return {
    window: chosen,
    stride: step,
    why: `${first!.name}: ${reason}, so windows have ${chosen} instants, one every ${step}. --window and --stride choose others.`,
  };
}

/** A quarter of a window, or less where that would give few windows. */
function strideOf(window: number, recordings: readonly Recording[]): number {
  const instants = recordings.reduce((sum, { length }) => sum + length, 0);
  return Math.max(1, Math.min(Math.floor(window / 4), Math.floor(instants / MANY)));
}

/** The windows of a recording; the last one ends where the recording does, so that every instant is in one. None if it is shorter. */
export function windowsOf(recording: Recording, { window, stride }: Cut): Window[] {
  const last = recording.length - window;
  const windows: Window[] = [];
  for (let start = 0; start <= last; start += stride) windows.push({ recording, start });
  if (last > 0 && last % stride !== 0) windows.push({ recording, start: last });
  return windows;
}

/** Whether everything in a window is normal, or nobody has said otherwise. */
export function isNormal({ recording: { normal }, start }: Window, { window }: Cut): boolean {
  if (normal === undefined) return true;
  for (let t = start; t < start + window; t++) if (normal[t] === 0) return false;
  return true;
}

/** Windows as a model takes them: scaled, row-major [windows, window, channels]. @throws DataError if they are too many for memory */
export function rowsOfWindows(windows: readonly Window[], { window }: Cut, scaling: Scaling): Float32Array {
  const width = scaling.offset.length;
  const size = window * width;
  if (windows.length * size > MOST_NUMBERS) {
    throw new DataError(
      `${windows.length} windows of ${size} numbers are more than fit into memory. Give a larger --stride, or a smaller --window.`,
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
 * @param scores of the windows, all of one recording of `length` instants
 */
export function instantScores(
  windows: readonly Window[],
  scores: ArrayLike<number>,
  { window }: Cut,
  length: number,
): Float32Array {
  // Sums of differences: a window adds its score where it begins and takes it away where it ends.
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
