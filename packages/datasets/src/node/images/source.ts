import type { Progress } from '../file-source.ts';
import type { Pixels } from './pixels.ts';

/** An image as it was found: a file's bytes, a row of an array, or what is wrong with it, as the end of a sentence that starts with its name. */
export interface FoundImage {
  /** Of a file, with the folders that it lies in, each followed by `/`. */
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer> | Pixels | string;
  /** What it is of, where something else than its folder says so. */
  readonly label?: string | undefined;
}

/** Whatever holds images. */
export interface ImageSource {
  /** Absolute. */
  readonly path: string;
  /** As that of a {@link FileSource}. */
  readonly fingerprint: string;
  /** What was made of the data, in sentences. */
  readonly notes?: readonly string[];
  files(progress: Progress, most?: number): AsyncGenerator<FoundImage>;
}
