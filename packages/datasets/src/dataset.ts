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

/** A user's mistake or a bad file: the message is for the user and says what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
