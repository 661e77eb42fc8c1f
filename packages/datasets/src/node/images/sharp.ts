import type Sharp from 'sharp';
import { DataError } from '../../dataset.ts';

let loaded: Promise<typeof Sharp> | undefined;

/**
 * The library that decodes and resizes images (https://sharp.pixelplumbing.com), loaded on first use.
 *
 * @throws DataError if it is not installed
 */
export function loadSharp(): Promise<typeof Sharp> {
  loaded ??= import('sharp').then(
    ({ default: sharp }) => {
      sharp.cache(false); // no image comes twice
      sharp.concurrency(1); // images are decoded in parallel, each by one thread
      return sharp;
    },
    (error: unknown) => {
      const [reason] = String(error instanceof Error ? error.message : error).split('\n');
      throw new DataError(
        `Images are read by sharp, which can't be loaded here (${reason}). Install it: npm install sharp.`,
      );
    },
  );
  return loaded;
}
