import { DataError } from '../dataset.ts';
import type { RecordingSet } from './recording.ts';
import { type Cut, isNormal, type Window, windowsOf } from './windows.ts';

export interface SeriesSplits {
  /** Normal windows. */
  readonly train: readonly Window[];
  /** Normal windows that are held back. */
  readonly validation: readonly Window[];
  /** All others. */
  readonly abnormal: readonly Window[];
}

/**
 * Parts windows into those that train and those that are held back. Series go by a hash of their numbers, so that copies of one are never on
 * both sides; of a recording the last part is held back, and windows that reach into both parts are in neither. Abnormal windows never train.
 *
 * @param fraction to hold back; 0: nothing, and what trains also validates
 * @param seed of another choice of series
 * @throws DataError if there is too little to train on
 */
export function splitWindows(set: RecordingSet, cut: Cut, fraction: number, seed = 0): SeriesSplits {
  const whole = set.layout === 'series' && set.recordings.every(({ length }) => length === cut.window);
  const all = set.recordings.flatMap((recording) => windowsOf(recording, cut));
  const normal = all.filter((window) => isNormal(window, cut));
  const abnormal = all.filter((window) => !isNormal(window, cut));
  const noun = whole ? 'series' : 'windows';
  if (normal.length === 0) {
    throw new DataError(
      `All ${abnormal.length} ${noun} are abnormal, and a detector is trained on normal ones. Look at --label and --normal.`,
    );
  }
  if (normal.length < 2)
    throw new DataError(
      `There is one normal ${noun === 'series' ? noun : 'window'} only; it takes two at least, to train and to validate.`,
    );
  if (fraction === 0) return { train: normal, validation: normal, abnormal };
  const { train, validation } = whole ? byContent(normal, fraction, seed) : byTime(normal, cut, fraction);
  if (train.length === 0 || validation.length === 0) {
    throw new DataError(
      `${normal.length} normal ${noun} are too few to hold back a share of ${fraction}: ${train.length} would train, ${validation.length} validate. Choose another share by --validation${whole ? '' : ', or a smaller --window'}.`,
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

/** 64 bits of numbers, as hexadecimal digits: two rounds of FNV-1a over 32-bit words, with MurmurHash3's finish. */
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
