/** Images of one split as they are stored. */
export interface ImageSplit {
  readonly count: number;
  /** Bytes 0 .. 255, row-major [count, height, width, channels]. */
  readonly pixels: Uint8Array;
  /** One class index per image. */
  readonly labels: Uint8Array;
}

/** Where a dataset came from. `procedural` is the stand-in: not the real data. */
export type Source = 'files' | 'cache' | 'download' | 'procedural';

export interface ImageDataset {
  readonly id: string;
  readonly source: Source;
  /** Height, width, channels of one image. */
  readonly shape: readonly [number, number, number];
  /** Class names, indexed by label. */
  readonly classes: readonly string[];
  readonly train: ImageSplit;
  readonly test: ImageSplit;
}

/** Images of one split that are too many for memory: rows are read when they are wanted, in any order. */
export interface ImageStream {
  readonly count: number;
  /** File names by row, sorted by UTF-16 code units. */
  readonly names: readonly string[];
  /**
   * The rows of these indices in this order: bytes 0 .. 255, row-major [indices, height, width, channels].
   *
   * @throws RangeError if an index is not in 0 .. count - 1
   * @throws DataError if what holds them was damaged meanwhile
   */
  read(indices: readonly number[]): Promise<Uint8Array>;
}

/** @throws RangeError if an index is none of a split of so many samples */
export function checkIndices(indices: readonly number[], count: number): void {
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= count);
  if (wrong !== undefined) throw new RangeError(`There is no sample ${wrong} in a split of ${count}.`);
}

export interface StreamedImages {
  readonly id: string;
  readonly source: Source;
  /** Height, width, channels of one image. */
  readonly shape: readonly [number, number, number];
  readonly train: ImageStream;
  readonly test: ImageStream;
  /** Lets go of the files that both splits are read from; nothing can be read any more. */
  close(): Promise<void>;
}

/** Time series of one split as they are stored, in its order. */
export interface SeriesSplit {
  readonly count: number;
  /** Unscaled samples, row-major [count, length]. */
  readonly values: Float32Array;
  /** One per series: 1 normal, 0 abnormal. */
  readonly normal: Uint8Array;
}

export interface SeriesDataset {
  readonly id: string;
  readonly source: Source;
  /** Samples of one series. */
  readonly length: number;
  /** The least sample of the training split, of normal and abnormal series together. */
  readonly minimum: number;
  /** The greatest one. */
  readonly maximum: number;
  readonly train: SeriesSplit;
  readonly test: SeriesSplit;
}

/** A user's mistake or a bad file: the message is for the user and says what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
