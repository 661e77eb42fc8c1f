import type { ImageDataset, ImageSplit, SeriesDataset, SeriesSplit, Source } from '@hourglass/datasets';
import type { BatchSource } from '@hourglass/nn';
import { type Device, gatherRows, type Shape, shuffledIndices, sizeOf } from '@hourglass/tensor';

/** What a model is trained or judged on: rows in [0, 1], in memory as they are stored. */
export interface Samples {
  readonly count: number;
  /** Of one sample. */
  readonly shape: Shape;
  /** Row-major [count, ...shape]: bytes stand for 1/255 each, numbers for themselves. */
  readonly rows: Uint8Array | Float32Array;
  /** The class of each sample, by number. */
  readonly labels: Uint8Array;
}

/** A dataset as an experiment uses it. */
export interface ExperimentData {
  readonly id: string;
  readonly source: Source;
  /** Class names by number. */
  readonly classes: readonly string[];
  readonly train: Samples;
  /** The whole training split, where not all of it trains (default: `train`). */
  readonly trainSplit?: Samples;
  readonly test: Samples;
}

/** All images of both splits. */
export function imageData({ id, source, classes, shape, train, test }: ImageDataset): ExperimentData {
  const samples = ({ count, pixels, labels }: ImageSplit): Samples => ({ count, shape, rows: pixels, labels });
  return { id, source, classes, train: samples(train), test: samples(test) };
}

/** The class numbers of beats. */
export const ABNORMAL = 0;
export const NORMAL = 1;

/**
 * Beats scaled to [0, 1] by the minimum and maximum of the training split; only normal beats train, all are tested. Test beats
 * may leave that range.
 */
export function beatData({ id, source, length, minimum, maximum, train, test }: SeriesDataset): ExperimentData {
  const samples = ({ values, normal }: SeriesSplit, wanted: (label: number) => boolean): Samples => {
    const chosen = [...normal.keys()].filter((i) => wanted(normal[i]!));
    const rows = new Float32Array(chosen.length * length);
    chosen.forEach((from, i) => {
      for (let t = 0; t < length; t++)
        rows[i * length + t] = (values[from * length + t]! - minimum) / (maximum - minimum);
    });
    return { count: chosen.length, shape: [length], rows, labels: Uint8Array.from(chosen, (i) => normal[i]!) };
  };
  return {
    id,
    source,
    classes: ['abnormal', 'normal'],
    train: samples(train, (label) => label === NORMAL),
    trainSplit: samples(train, () => true),
    test: samples(test, () => true),
  };
}

/** Samples of these indices as numbers: [indices, ...shape], row-major. */
export async function rowsAt({ rows, shape }: Samples, indices: readonly number[]): Promise<Float32Array> {
  const size = sizeOf(shape);
  const scale = rows instanceof Uint8Array ? 1 / 255 : 1;
  const chosen = new Float32Array(indices.length * size);
  indices.forEach((index, i) => {
    for (let e = 0; e < size; e++) chosen[i * size + e] = rows[index * size + e]! * scale;
  });
  return chosen;
}

/** All samples as numbers. */
export function allRows(samples: Samples): Promise<Float32Array> {
  return rowsAt(
    samples,
    Array.from({ length: samples.count }, (_, i) => i),
  );
}

/** The first `limit` samples (default: all), uploaded once; batches are drawn, gathered and scaled on the GPU. */
export function batchesOf(device: Device, { count, shape, rows }: Samples, limit = count): BatchSource {
  const total = Math.min(limit, count);
  const used = rows.subarray(0, total * sizeOf(shape));
  const stored =
    used instanceof Uint8Array ? device.bytes(used, [total, ...shape]) : device.tensor(used, [total, ...shape]);
  const scale = used instanceof Uint8Array ? 255 : 1;
  return {
    count: total,
    batch: (size, position) => {
      const batch = gatherRows(stored, shuffledIndices(device, size, total, position));
      return scale === 1 ? batch : batch.div(scale);
    },
  };
}
