import { DataError } from '../dataset.ts';
import { listCounts, type RecordingSet } from './recording.ts';
import { type Cut, isNormal, type Window, windowsOf } from './windows.ts';

export interface SeriesSplits {
  /** Normal windows. */
  readonly train: readonly Window[];
  /** Normal windows held back from training. */
  readonly validation: readonly Window[];
  /** All other windows. */
  readonly abnormal: readonly Window[];
}

/**
 * Splits windows into training windows and windows held back. Several series are split by a hash of their numbers, so
 * copies of a series are never on both sides. The last part of a recording is held back; windows that overlap both
 * parts are in neither. Abnormal windows are never used for training.
 *
 * @param fraction the share to hold back; 0: nothing, and the training windows are also used for validation
 * @param seed selects another choice of series
 * @throws DataError if there is too little to train on
 */
export function splitWindows(set: RecordingSet, cut: Cut, fraction: number, seed = 0): SeriesSplits {
  const several = set.layout === 'series' && set.recordings.length > 1;
  const whole = set.layout === 'series' && set.recordings.every(({ length }) => length === cut.window);
  const all = set.recordings.flatMap((recording) => windowsOf(recording, cut));
  const normal = all.filter((window) => isNormal(window, cut));
  const abnormal = all.filter((window) => !isNormal(window, cut));
  const noun = whole ? 'series' : 'windows';
  if (normal.length === 0) {
    const labels = set.labels === undefined ? '' : ` The labels are ${listCounts(set.labels)}.`;
    throw new DataError(
      `All ${abnormal.length} ${noun} are abnormal, but a detector trains on normal ones.${labels} Check --label and --normal.`,
    );
  }
  if (normal.length < 2)
    throw new DataError(
      `There is only one normal ${noun === 'series' ? noun : 'window'}; at least two are needed, for training and validation.`,
    );
  if (fraction === 0) return { train: normal, validation: normal, abnormal };
  const { train, validation } = several ? byContent(normal, fraction, seed) : byTime(normal, cut, fraction);
  if (train.length === 0 || validation.length === 0) {
    throw new DataError(
      `${normal.length} normal ${noun} are too few to hold back a share of ${fraction}: that leaves ${train.length} for training and ${validation.length} for validation. Choose another share with --validation${whole ? '' : ', or a smaller --window'}.`,
    );
  }
  return { train, validation, abnormal };
}

function byContent(
  windows: readonly Window[],
  fraction: number,
  seed: number,
): Pick<SeriesSplits, 'train' | 'validation'> {
  const groups = new Map<string, Window[]>();
  for (const window of windows) {
    const hash = hashOf(window.recording.values, seed);
    const group = groups.get(hash);
    if (group === undefined) groups.set(hash, [window]);
    else group.push(window);
  }
  const hashes = [...groups.keys()].sort();
  if (hashes.length === 1)
    throw new DataError(
      `All ${new Set(windows.map(({ recording }) => recording)).size} normal series are the same; at least two different ones are needed, for training and validation.`,
    );
  const heldBack = new Set(
    hashes.slice(0, Math.min(hashes.length - 1, Math.max(1, Math.round(fraction * hashes.length)))),
  );
  const side = (held: boolean): Window[] =>
    [...groups].flatMap(([hash, group]) => (heldBack.has(hash) === held ? group : []));
  return { train: side(false), validation: side(true) };
}

function byTime(
  windows: readonly Window[],
  { window }: Cut,
  fraction: number,
): Pick<SeriesSplits, 'train' | 'validation'> {
  const border = ({ recording }: Window): number => Math.round((1 - fraction) * recording.length);
  return {
    train: windows.filter((own) => own.start + window <= border(own)),
    validation: windows.filter((own) => own.start >= border(own)),
  };
}

/**
 * A 64-bit hash of numbers as hexadecimal digits: two rounds of FNV-1a over 32-bit words, with MurmurHash3's finaliser.
 */
export function hashOf(values: Float32Array, seed: number): string {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const round = (start: number): string => {
    let hash = (0x811c9dc5 ^ start) >>> 0;
    for (const word of words) hash = mixed(Math.imul(hash ^ word, 0x01000193));
    return hash.toString(16).padStart(8, '0');
  };
  return round(mixed(seed)) + round(mixed(seed ^ 0x9e3779b9));
}

function mixed(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
