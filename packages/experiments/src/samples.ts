import {
  checkIndices,
  chosenImages,
  DataError,
  ECG_CLASSES,
  type ImageDataset,
  type ImageSplit,
  type ImageStream,
  type LoadedDataset,
  type SeriesDataset,
  type SeriesSplit,
  type Source,
  type StreamedImages,
  sampleByName,
  sampleOf,
} from '@hourglass/datasets';
import type { BatchSource } from '@hourglass/nn';
import {
  type Device,
  gatherRows,
  type Shape,
  shuffledIndices,
  shuffledOnHost,
  sizeOf,
  type Tensor,
} from '@hourglass/tensor';

/** The byte that represents 1. */
const BYTE = 255;

/** Reads rows that do not fit in memory together. */
export interface RowReader {
  readonly count: number;
  /** Reads `count` rows from index `start`, row-major. */
  readonly read: (start: number, count: number) => Promise<Float32Array>;
}

/** The samples that a model is trained or evaluated on: rows of numbers, nominally in [0, 1]. */
export type Samples = StoredSamples | StreamedSamples;

interface SampleSet {
  readonly count: number;
  /** The shape of one sample. */
  readonly shape: Shape;
  /** The class number of each sample; empty if there are no classes. */
  readonly labels: Uint8Array;
  /** How often an epoch repeats the samples, if there are few; default 1. */
  readonly repeats?: number;
}

/** Samples stored in memory. */
export interface StoredSamples extends SampleSet {
  /** Row-major [count, ...shape]. A byte b means b/255; a float means itself. */
  readonly rows: Uint8Array | Float32Array;
  /** Whether {@link firstSamples} draws a random sample; default: it takes the first samples. */
  readonly sampled?: boolean;
  /** For series [length, channels]: repeats are moved in time by at most this many instants; default 0. */
  readonly longestShift?: number;
}

/** Images read on demand from a stream. */
export interface StreamedSamples extends SampleSet {
  readonly stream: ImageStream;
}

/** A dataset as an experiment uses it. */
export interface ExperimentData {
  readonly id: string;
  readonly source: Source;
  /** Class names by number. */
  readonly classes: readonly string[];
  readonly train: Samples;
  /** The whole training split, if only a part of it is used for training (default: `train`). */
  readonly trainSplit?: Samples;
  readonly test: Samples;
  /** The samples held back from the training split for validation; default `test`. */
  readonly validation?: Samples;
  /** Closes the files that samples are streamed from. */
  readonly close?: () => Promise<void>;
  /** The values that became 0 and 1, if samples were scaled by the range of the training split. */
  readonly range?: Range;
}

export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

/** Converts a loaded dataset to the form that models take. @throws DataError if there is nothing to train or test on */
export function experimentData(dataset: LoadedDataset): ExperimentData {
  if ('close' in dataset) return streamedData(dataset);
  return 'length' in dataset ? beatData(dataset) : imageData(dataset);
}

/** All images of both splits. */
export function imageData({ id, source, classes, shape, train, test }: ImageDataset): ExperimentData {
  const samples = ({ count, pixels, labels }: ImageSplit): StoredSamples => ({ count, shape, rows: pixels, labels });
  return { id, source, classes, train: samples(train), test: samples(test) };
}

/**
 * Images that do not fit in memory.
 *
 * @throws DataError if a split is empty, which can happen because names select one in twenty images for the test split
 */
export function streamedData({ id, source, shape, classes = [], train, test, close }: StreamedImages): ExperimentData {
  if (train.count === 0 || test.count === 0) {
    const [found, none] = train.count === 0 ? [test.count, 'training'] : [train.count, 'test'];
    throw new DataError(
      `None of the ${found} images is in the ${none} split: the names select one in twenty for the test split. Give at least a hundred images.`,
    );
  }
  const samples = (stream: ImageStream): StreamedSamples => ({
    count: stream.count,
    shape,
    labels: stream.labels ?? new Uint8Array(),
    stream,
  });
  return { id, source, classes, train: samples(train), test: samples(test), close };
}

/** The class numbers of beats. */
export const ABNORMAL = 0;
export const NORMAL = 1;

/**
 * Beats scaled to [0, 1] by the minimum and maximum of the training split. Only normal beats are used for training, all
 * for testing. Test beats may be outside this range.
 *
 * @throws DataError if no normal beat exists to train on
 */
export function beatData({ id, source, length, minimum, maximum, train, test }: SeriesDataset): ExperimentData {
  if (!train.normal.includes(NORMAL)) {
    throw new DataError(
      `All ${train.count} training beats are abnormal, but a detector trains only on normal beats. Give some beats labelled normal.`,
    );
  }
  const range = { minimum, maximum };
  const samples = ({ values, normal }: SeriesSplit, wanted: (label: number) => boolean): StoredSamples => {
    const chosen = [...normal.keys()].filter((i) => wanted(normal[i]!));
    const raw = new Float32Array(chosen.length * length);
    chosen.forEach((from, i) => {
      raw.set(values.subarray(from * length, (from + 1) * length), i * length);
    });
    const rows = scaled(raw, range);
    return { count: chosen.length, shape: [length], rows, labels: Uint8Array.from(chosen, (i) => normal[i]!) };
  };
  return {
    id,
    source,
    classes: ECG_CLASSES,
    train: samples(train, (label) => label === NORMAL),
    trainSplit: samples(train, () => true),
    test: samples(test, () => true),
    range,
  };
}

/** Raw samples in the form that a model takes: the range becomes 0 to 1. */
export function scaled(raw: Float32Array, { minimum, maximum }: Range): Float32Array {
  return raw.map((value) => (value - minimum) / (maximum - minimum));
}

/** The same data scaled by another range: the one that the model was trained with. */
export function rescaled(data: ExperimentData, range: Range): ExperimentData {
  const { minimum, maximum } = data.range ?? range;
  if (minimum === range.minimum && maximum === range.maximum) return data;
  const change = (samples: Samples): Samples => {
    if ('stream' in samples) return samples; // images are not scaled by a range
    const raw = Float32Array.from(samples.rows, (value) => minimum + value * (maximum - minimum));
    return { ...samples, rows: scaled(raw, range) };
  };
  const { train, trainSplit, test } = data;
  return {
    ...data,
    range,
    train: change(train),
    ...(trainSplit === undefined ? {} : { trainSplit: change(trainSplit) }),
    test: change(test),
  };
}

/**
 * The first `count` samples, or all if there are fewer. Streamed images and the user's own series are sorted, so a
 * random sample is drawn instead.
 *
 * @param seed selects another random sample
 */
export function firstSamples(samples: Samples, count: number, seed = 0): Samples {
  if (count >= samples.count) return samples;
  if ('stream' in samples) {
    const stream = sampleByName(samples.stream, count, seed);
    return { ...samples, count, labels: stream.labels ?? samples.labels, stream };
  }
  if (samples.sampled) {
    const numbers = Array.from({ length: samples.count }, (_, i) => String(i));
    return samplesAt(samples, sampleOf(numbers, count, seed));
  }
  const { rows, labels, shape } = samples;
  return { ...samples, count, labels: labels.subarray(0, count), rows: rows.subarray(0, count * sizeOf(shape)) };
}

/** The samples at these rows, in this order. */
export function samplesAt(samples: Samples, rows: readonly number[]): Samples {
  if ('stream' in samples) {
    const stream = chosenImages(samples.stream, rows);
    return { ...samples, count: stream.count, labels: stream.labels ?? samples.labels, stream };
  }
  const { labels } = samples;
  const size = sizeOf(samples.shape);
  const Numbers = samples.rows.constructor as Uint8ArrayConstructor | Float32ArrayConstructor;
  const chosen = new Numbers(rows.length * size);
  rows.forEach((row, i) => {
    chosen.set(samples.rows.subarray(row * size, (row + 1) * size), i * size);
  });
  const own = labels.length === 0 ? labels : Uint8Array.from(rows, (row) => labels[row]!);
  return { ...samples, count: rows.length, labels: own, rows: chosen };
}

/**
 * The samples at these indices as numbers: [indices, ...shape], row-major.
 * @throws RangeError if an index is out of range
 */
export async function rowsAt(samples: Samples, indices: readonly number[]): Promise<Float32Array> {
  if ('stream' in samples) return toNumbers(await samples.stream.read(indices));
  checkIndices(indices, samples.count);
  const { rows, shape } = samples;
  const size = sizeOf(shape);
  const chosen = new Float32Array(indices.length * size);
  indices.forEach((index, i) => {
    const row = rows.subarray(index * size, (index + 1) * size);
    chosen.set(row instanceof Uint8Array ? toNumbers(row) : row, i * size);
  });
  return chosen;
}

/** The total number of samples in the sets. */
export const countOf = (sets: readonly Samples[]): number => sets.reduce((sum, { count }) => sum + count, 0);

/** `count` samples as numbers, from index `start` in the concatenation of the sets. */
export async function rowsOf(sets: readonly Samples[], start: number, count: number): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  let before = 0;
  for (const samples of sets) {
    const first = Math.max(start - before, 0);
    const own = Math.min(start + count - before, samples.count) - first;
    const indices = Array.from({ length: Math.max(own, 0) }, (_, i) => first + i);
    if (own > 0) parts.push(await rowsAt(samples, indices));
    before += samples.count;
  }
  return concatenated(parts);
}

/** Concatenates arrays. */
export function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The first `most` samples, read on demand. */
export const readerOf = (samples: Samples, most = samples.count): RowReader => ({
  count: Math.min(most, samples.count),
  read: (start, count) => rowsOf([samples], start, count),
});

/** All samples as numbers. */
export function allRows(samples: Samples): Promise<Float32Array> {
  return rowsOf([samples], 0, samples.count);
}

function toNumbers(bytes: Uint8Array): Float32Array {
  const numbers = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) numbers[i] = bytes[i]! / BYTE;
  return numbers;
}

/**
 * The first `limit` samples (default: all), in a new random order for each epoch. `seed` as in {@link firstSamples}.
 */
export function batchesOf(device: Device, samples: Samples, limit = samples.count, seed = 0): BatchSource {
  const used = firstSamples(samples, limit, seed);
  return 'stream' in used ? streamedBatches(device, used) : storedBatches(device, used);
}

/** Uploads samples once. The GPU draws, gathers and scales the batches. */
function storedBatches(device: Device, samples: StoredSamples): BatchSource {
  const { shape, rows, count } = repeated(samples);
  const isBytes = rows instanceof Uint8Array;
  const stored = isBytes ? device.bytes(rows, [count, ...shape]) : device.tensor(rows, [count, ...shape]);
  return {
    count,
    batch: (batchSize, position) => {
      const batch = gatherRows(stored, shuffledIndices(device, batchSize, count, position));
      return isBytes ? batch.div(BYTE) : batch;
    },
  };
}

/**
 * Stores samples as often as an epoch repeats them. Repeats of series are moved in time by 0, 1, -1, 2, -2, … instants;
 * the first or last instant fills the gap.
 */
function repeated(samples: StoredSamples): StoredSamples {
  const { repeats = 1, longestShift = 0, rows, shape, count } = samples;
  if (repeats === 1) return samples;
  const all =
    rows instanceof Uint8Array ? new Uint8Array(repeats * rows.length) : new Float32Array(repeats * rows.length);
  for (let i = 0; i < repeats; i++) {
    const turn = i % (2 * longestShift + 1);
    const shift = turn % 2 === 1 ? (turn + 1) / 2 : -turn / 2;
    all.set(shift === 0 ? rows : moved(rows as Float32Array, shape, shift), i * rows.length);
  }
  return { ...samples, rows: all, count: repeats * count };
}

/** Moves rows of shape [length, width] by `shift` places along their length. */
function moved(rows: Float32Array, [length, width]: Shape, shift: number): Float32Array {
  const result = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const place = Math.floor(at / width!) % length!;
    const source = Math.min(Math.max(place + shift, 0), length! - 1);
    result[at] = rows[at + (source - place) * width!]!;
  }
  return result;
}

/**
 * Draws batches on the host, in the order that the GPU would use, reads them, and uploads them as bytes. The GPU scales
 * them.
 */
function streamedBatches(device: Device, { count: own, shape, stream, repeats = 1 }: StreamedSamples): BatchSource {
  const count = repeats * own;
  const uploads = new Map<number, Tensor>();
  const uploadOf = (batchSize: number): Tensor => {
    const upload =
      uploads.get(batchSize) ?? device.bytes(new Uint8Array(batchSize * sizeOf(shape)), [batchSize, ...shape]);
    uploads.set(batchSize, upload);
    return upload;
  };
  return {
    count,
    batch: (batchSize) => {
      const inOrder = device.integers(Array.from({ length: batchSize }, (_, i) => i));
      return gatherRows(uploadOf(batchSize), inOrder).div(BYTE);
    },
    fetch: async (batchSize, { start, ...order }) => {
      const indices = Array.from({ length: batchSize }, (_, i) => shuffledOnHost(start + i, count, order) % own);
      const bytes = await stream.read(indices);
      return () => device.refill(uploadOf(batchSize), bytes);
    },
  };
}
