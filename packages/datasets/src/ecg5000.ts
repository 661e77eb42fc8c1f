import {
  DataError,
  type DatasetFile,
  type NamedBytes,
  type SeriesDataset,
  type SeriesSplit,
  type Source,
} from './dataset.ts';
import { type NumberTableFormat, parseNumberTable } from './number-table.ts';
import { Draw } from './procedural/random.ts';

export const ECG_ID = 'ecg5000';

/** Samples of one beat. */
export const BEAT_LENGTH = 140;

/** Class names by label. */
export const ECG_CLASSES: readonly string[] = ['abnormal', 'normal'];

/** The two files of the UCR archive, in the order they are joined: 500 + 4 500 beats. */
export const ECG_FILES = [
  { name: 'ECG5000_TRAIN.txt', md5: 'a7ec9b6577e0cc897dca3adaaa0699ed' },
  { name: 'ECG5000_TEST.txt', md5: '7ba001a264a37ee360326b17ee0ff693' },
] as const satisfies readonly DatasetFile[];

/** The names of the two UCR files. */
export const ECG_PAIR: readonly [string, string] = [ECG_FILES[0].name, ECG_FILES[1].name];

/** The file from TensorFlow's tutorials. */
export const ECG_CSV = 'ecg.csv';

/** Number of beats in the published `ECG_CSV`. */
export const ECG_CSV_COUNT = 4_998;

/** URLs of folders with `ECG_CSV`, in the order they are tried. */
export const ECG_MIRRORS: readonly string[] = ['https://storage.googleapis.com/download.tensorflow.org/data/'];

/** The seed of the split. It is fixed, so that the results of all runs can be compared. */
const SPLIT_SEED = 5_000;

/** The position of a beat's label in a format, and the possible labels. */
interface Labels {
  /** The column of the label. */
  readonly column: number;
  /** The column of the first sample. */
  readonly samples: number;
  /** The meaning of each label: 1 normal, 0 abnormal. */
  readonly normal: ReadonlyMap<number, 0 | 1>;
  readonly row: string;
  readonly choice: string;
}

const UCR: Labels = {
  column: 0,
  samples: 1,
  normal: new Map([
    [1, 1],
    [2, 0],
    [3, 0],
    [4, 0],
    [5, 0],
  ]),
  row: `the label of a beat, then its ${BEAT_LENGTH} samples`,
  choice: '1 (normal) or 2 to 5 (abnormal)',
};

const CSV: Labels = {
  column: BEAT_LENGTH,
  samples: 0,
  normal: new Map([
    [1, 1],
    [0, 0],
  ]),
  row: `the ${BEAT_LENGTH} samples of a beat, then its label`,
  choice: '1 (normal) or 0 (abnormal)',
};

/**
 * Reads one of the two files of the UCR archive (https://timeseriesclassification.com, ECG5000). Each line is a beat:
 * first the label, 1 for normal and 2 to 5 for abnormal, then 140 samples, separated by whitespace or commas.
 *
 * @param name the text's name in errors
 * @param notice called if a header is skipped
 * @returns the beats in the order of the lines
 * @throws DataError if the text has another format
 */
export function parseUcr(text: string, name: string, notice?: (message: string) => void): SeriesSplit {
  return parseLabelled(text, name, UCR, notice);
}

/**
 * Reads TensorFlow's `ecg.csv` (https://storage.googleapis.com/download.tensorflow.org/data/ecg.csv). Each line is a
 * beat: 140 samples, then the label, 1 for normal and 0 for abnormal.
 *
 * @param name the text's name in errors
 * @param notice called if a header is skipped
 * @returns the beats in the order of the lines
 * @throws DataError if the text has another format
 */
export function parseEcgCsv(text: string, name: string, notice?: (message: string) => void): SeriesSplit {
  return parseLabelled(text, name, CSV, notice);
}

/**
 * Reads beats without labels: 140 raw samples per line, separated by commas or whitespace.
 *
 * @param name the text's name in errors
 * @param notice called if a header is skipped
 * @returns the samples, row-major [beats, 140]
 * @throws DataError if the text has another format
 */
export function parseBeats(text: string, name: string, notice?: (message: string) => void): Float32Array {
  return parseNumberTable(text, beatFormat(name, notice)).values;
}

/** A text of beats without labels. */
export const beatFormat = (name: string, notice?: (message: string) => void): NumberTableFormat => ({
  name,
  columns: BEAT_LENGTH,
  meaning: `the ${BEAT_LENGTH} samples of a beat`,
  notice,
});

/**
 * The dataset of all beats: 80 % for training, 20 % (rounded up) for testing. The shuffle depends only on the number of
 * beats.
 *
 * @throws DataError if there are fewer than two beats, or all training beats have the same single value
 */
export function ecg5000(beats: SeriesSplit, source: Source): SeriesDataset {
  if (beats.count < 2) {
    throw new DataError(`ECG5000 is split into training and test beats; that needs at least two, not ${beats.count}.`);
  }
  const order = new Draw(SPLIT_SEED, 0).permutation(beats.count);
  const trained = beats.count - Math.ceil(beats.count / 5);
  const train = pick(beats, order.subarray(0, trained));
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (const value of train.values) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  if (minimum === maximum) {
    throw new DataError(
      `All samples of the ${train.count} training beats have the same value, ${minimum}, so there is no range to scale by. Give beats that differ.`,
    );
  }
  const test = pick(beats, order.subarray(trained));
  return { id: ECG_ID, source, length: BEAT_LENGTH, minimum, maximum, train, test };
}

/** The dataset of the two files of the UCR archive. @throws DataError if a file has another format */
export function ecgOfPair(files: readonly NamedBytes[], source: Source): SeriesDataset {
  return ecg5000(files.map((file) => parseUcr(textOf(file), file.name)).reduce(joinBeats), source);
}

/**
 * The dataset of text files that belong together. Their names determine the format. Undefined if any is not text.
 *
 * @throws DataError if a text does not contain beats
 */
export async function ecgOfAnyFiles(files: readonly NamedBytes[]): Promise<SeriesDataset | undefined> {
  if (files.some(({ bytes }) => bytes.subarray(0, 1000).includes(0))) return undefined;
  const place = ({ name }: NamedBytes): number => ECG_PAIR.indexOf(name.replace(/\.gz$/, ''));
  const inOrder = [...files].sort((a, b) => place(a) - place(b)); // the split depends on it
  const parts = inOrder.map((file) => {
    const parse = /csv/i.test(file.name) ? parseEcgCsv : parseUcr;
    return parse(textOf(file), file.name);
  });
  return ecg5000(parts.reduce(joinBeats), 'files');
}

const textOf = ({ bytes }: NamedBytes): string => new TextDecoder().decode(bytes);

/** The beats of the first split, then those of the second. */
export function joinBeats(first: SeriesSplit, second: SeriesSplit): SeriesSplit {
  const values = new Float32Array(first.values.length + second.values.length);
  values.set(first.values);
  values.set(second.values, first.values.length);
  const normal = new Uint8Array(first.count + second.count);
  normal.set(first.normal);
  normal.set(second.normal, first.count);
  return { count: normal.length, values, normal };
}

function parseLabelled(text: string, name: string, labels: Labels, notice?: (message: string) => void): SeriesSplit {
  const columns = BEAT_LENGTH + 1;
  const table = parseNumberTable(text, { name, columns, meaning: labels.row, notice });
  const count = table.lines.length;
  const values = new Float32Array(count * BEAT_LENGTH);
  const normal = new Uint8Array(count);
  table.lines.forEach((line, i) => {
    const row = table.values.subarray(i * columns, (i + 1) * columns);
    const label = row[labels.column]!;
    const kind = labels.normal.get(label);
    if (kind === undefined) {
      throw new DataError(
        `${name}, line ${line}: label ${label} in column ${labels.column + 1} must be ${labels.choice}. Each line must contain ${labels.row}.`,
      );
    }
    normal[i] = kind;
    values.set(row.subarray(labels.samples, labels.samples + BEAT_LENGTH), i * BEAT_LENGTH);
  });
  return { count, values, normal };
}

function pick(beats: SeriesSplit, rows: Uint32Array): SeriesSplit {
  const values = new Float32Array(rows.length * BEAT_LENGTH);
  rows.forEach((row, i) => {
    values.set(beats.values.subarray(row * BEAT_LENGTH, (row + 1) * BEAT_LENGTH), i * BEAT_LENGTH);
  });
  return { count: rows.length, values, normal: Uint8Array.from(rows, (row) => beats.normal[row]!) };
}
