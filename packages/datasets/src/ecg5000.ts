import {
  DataError,
  type DatasetFile,
  type NamedBytes,
  type SeriesDataset,
  type SeriesSplit,
  type Source,
} from './dataset.ts';
import { parseNumberTable } from './number-table.ts';
import { Draw } from './procedural/random.ts';

export const ECG_ID = 'ecg5000';

/** Samples of one beat. */
export const BEAT_LENGTH = 140;

/** Class names by label. */
export const ECG_CLASSES: readonly string[] = ['abnormal', 'normal'];

/** The two files of the UCR archive, in the order in which they are joined: 500 + 4 500 beats. */
export const ECG_FILES = [
  { name: 'ECG5000_TRAIN.txt', md5: 'a7ec9b6577e0cc897dca3adaaa0699ed' },
  { name: 'ECG5000_TEST.txt', md5: '7ba001a264a37ee360326b17ee0ff693' },
] as const satisfies readonly DatasetFile[];

/** Their names. */
export const ECG_PAIR: readonly [string, string] = [ECG_FILES[0].name, ECG_FILES[1].name];

/** The file of TensorFlow's tutorials. */
export const ECG_CSV = 'ecg.csv';

/** Beats in `ECG_CSV` as it is published. */
export const ECG_CSV_COUNT = 4_998;

/** Folders that hold `ECG_CSV`, in the order in which they are tried. */
export const ECG_MIRRORS: readonly string[] = ['https://storage.googleapis.com/download.tensorflow.org/data/'];

/** Of the split; chosen once and part of the experiment, so that the numbers of all runs can be compared. */
const SPLIT_SEED = 5_000;

/** Where a format has the label of a beat, and which labels there are. */
interface Labels {
  /** Its column. */
  readonly column: number;
  /** The column of the first sample. */
  readonly samples: number;
  /** By label: 1 normal, 0 abnormal. */
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
 * Reads one of the two files of the UCR archive (https://timeseriesclassification.com, ECG5000): a beat a line, the label
 * first, 1 for normal and 2 to 5 for abnormal, then 140 samples, separated by whitespace or commas.
 *
 * @param name how to call the text in errors
 * @param notice hears that a header was skipped
 * @returns the beats in the order of the lines
 * @throws DataError if the text is anything else
 */
export function parseUcr(text: string, name: string, notice?: (message: string) => void): SeriesSplit {
  return parseLabelled(text, name, UCR, notice);
}

/**
 * Reads TensorFlow's `ecg.csv` (https://storage.googleapis.com/download.tensorflow.org/data/ecg.csv): a beat a line, 140
 * samples, then the label, 1 for normal and 0 for abnormal.
 *
 * @param name how to call the text in errors
 * @param notice hears that a header was skipped
 * @returns the beats in the order of the lines
 * @throws DataError if the text is anything else
 */
export function parseEcgCsv(text: string, name: string, notice?: (message: string) => void): SeriesSplit {
  return parseLabelled(text, name, CSV, notice);
}

/**
 * Reads beats without labels: 140 raw samples a line, separated by commas or whitespace.
 *
 * @param name how to call the text in errors
 * @param notice hears that a header was skipped
 * @returns the samples, row-major [beats, 140]
 * @throws DataError if the text is anything else
 */
export function parseBeats(text: string, name: string, notice?: (message: string) => void): Float32Array {
  return parseNumberTable(text, name, BEAT_LENGTH, `the ${BEAT_LENGTH} samples of a beat`, notice).values;
}

/**
 * The dataset made of all beats: 80 % for training, 20 % (rounded up) for testing, shuffled in one way that depends on nothing but
 * their number.
 *
 * @throws DataError if there are fewer than two beats, or all training beats have one and the same value
 */
export function ecg5000(beats: SeriesSplit, source: Source): SeriesDataset {
  if (beats.count < 2) {
    throw new DataError(`ECG5000 is split into training and test beats, which takes two at least, not ${beats.count}.`);
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
      `All samples of the ${train.count} training beats have one value, ${minimum}, so there is no range to scale by. Give beats that differ.`,
    );
  }
  const test = pick(beats, order.subarray(trained));
  return { id: ECG_ID, source, length: BEAT_LENGTH, minimum, maximum, train, test };
}

/** The dataset of the two files of the UCR archive. */
export function ecgOfPair(files: readonly NamedBytes[], source: Source): SeriesDataset {
  return ecg5000(files.map((file) => parseUcr(textOf(file), file.name)).reduce(joinBeats), source);
}

/**
 * The dataset of text files that belong together: of one format or the other, by their names; undefined if any is no text.
 *
 * @throws DataError if a text is no beats
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

/** The beats of one, then of the other. */
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
  const table = parseNumberTable(text, name, columns, labels.row, notice);
  const count = table.lines.length;
  const values = new Float32Array(count * BEAT_LENGTH);
  const normal = new Uint8Array(count);
  table.lines.forEach((line, i) => {
    const row = table.values.subarray(i * columns, (i + 1) * columns);
    const label = row[labels.column]!;
    const kind = labels.normal.get(label);
    if (kind === undefined) {
      throw new DataError(
        `${name}, line ${line}: label ${label} in column ${labels.column + 1} should be ${labels.choice}. Each line should hold ${labels.row}.`,
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
