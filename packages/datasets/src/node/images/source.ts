import type { Progress } from '../file-source.ts';
import type { Pixels } from './pixels.ts';

/**
 * An image as it was found: a file's bytes, a row of an array, or its fault, as the end of a sentence that starts with
 * its name.
 */
export interface FoundImage {
  /** For a file, with its folders, each followed by `/`. */
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer> | Pixels | string;
  /** Its class, if something other than its folder gives it. */
  readonly label?: string | undefined;
}

/** A source of images. */
export interface ImageSource {
  /** Absolute. */
  readonly path: string;
  /** Like that of a {@link FileSource}. */
  readonly fingerprint: string;
  /** Sentences about how the data were interpreted. */
  readonly notes?: readonly string[];
  files(progress: Progress, most?: number): AsyncGenerator<FoundImage>;
}
