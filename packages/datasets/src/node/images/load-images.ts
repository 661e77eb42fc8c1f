import { join } from 'node:path';
import { defaultCacheDir } from '@hourglass/files';
import { checkIndices, type ImageStream, type StreamedImages } from '../../dataset.ts';
import type { ImageForm } from '../../images/options.ts';
import { splitByContent } from '../../images/split.ts';
import { listFaults, strictError } from '../prepare-images.ts';
import type { Shards } from '../shards.ts';
import { openImages } from './open-source.ts';
import { type ImageChoice, type ImageIndex, prepareOwnImages } from './prepare.ts';

/** The id of a user's own images, where datasets have ids. */
const IMAGES_ID = 'images';

export interface LoadImagesOptions extends ImageChoice {
  /** The share of images in the validation set, above 0 and below 1. */
  readonly validation: number;
  /** The folder that stores decoded images, default `defaultCacheDir(process.env)`. */
  readonly cacheDir?: string | undefined;
  /** Whether an image that can't be decoded throws. Otherwise it is skipped and reported to `notice`. Default false. */
  readonly strict?: boolean | undefined;
  /** Receives sentences for the user about automatic choices and problems. */
  readonly notice: (message: string) => void;
  /** Receives the step, and the amounts done and in total. */
  readonly progress?: ((what: string, done: number, total: number) => void) | undefined;
  /** Stops the decoding; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A user's own images, converted to one form. */
export interface OwnImages extends StreamedImages {
  readonly form: ImageForm;
}

/**
 * Reads images of any kind: a folder of PNG, JPEG, WebP, AVIF, TIFF, GIF (the first frame) and BMP files, including
 * subfolders; a tar or zip archive of such files; or an array in a `.npy` or `.npz` file. They are decoded once for
 * each form and then read from the cache folder, so that only the requested rows are in memory. The classes are the
 * folders of the files, or the labels of an array.
 *
 * @throws DataError if there are no images that can be read, all are the same, the cache can't be written, sharp is not
 *   installed, or an image can't be decoded and `strict` is set
 */
export async function loadImages(path: string, options: LoadImagesOptions): Promise<OwnImages> {
  const { cacheDir = defaultCacheDir(process.env), strict = false, progress = () => {}, notice, validation } = options;
  const source = await openImages(path);
  const shards = await prepareOwnImages(join(cacheDir, IMAGES_ID), source, { ...options, strict, progress });
  const { index } = shards;
  try {
    if (strict && index.skipped.length > 0) throw strictError(source.path, index.skipped);
    const { train, test } = splitByContent(index.hashes, validation);
    for (const note of [...index.notes, ...whatIsOdd(source.path, index)]) notice(note);
    const { classes } = index;
    const labelled = classes.length > 0 ? Uint8Array.from(index.labels) : undefined;
    const { size, channels, fit, background } = index;
    return {
      id: IMAGES_ID,
      source: 'files',
      shape: [size, size, channels],
      form: { size, channels, fit, background },
      classes,
      train: streamOf(shards, train, labelled),
      test: streamOf(shards, test, labelled),
      close: () => shards.close(),
    };
  } catch (error) {
    await shards.close();
    throw error;
  }
}

function streamOf(shards: Shards<ImageIndex>, rows: readonly number[], labels: Uint8Array | undefined): ImageStream {
  return {
    count: rows.length,
    names: rows.map((row) => shards.index.names[row]!),
    labels: labels && Uint8Array.from(rows, (row) => labels[row]!),
    read: async (indices) => {
      checkIndices(indices, rows.length);
      return shards.read(indices.map((index) => rows[index]!));
    },
  };
}

/** Images that were skipped or need a remark, counted and named. */
function whatIsOdd(path: string, { names, hashes, skipped, animated }: ImageIndex): string[] {
  const firsts = new Map<string, number>();
  const copies: { name: string; fault: string }[] = [];
  hashes.forEach((hash, row) => {
    const first = firsts.get(hash);
    if (first === undefined) firsts.set(hash, row);
    else copies.push({ name: names[row]!, fault: `is a copy of ${names[first]}` });
  });
  const moving = animated.map((name) => ({ name, fault: 'moves or has pages' }));
  const said = (list: readonly { name: string; fault: string }[], what: string): string[] =>
    list.length === 0
      ? []
      : [`${list.length} of ${names.length + skipped.length} images in ${path} ${what}: ${listFaults(list)}.`];
  return [
    ...said(skipped, "can't be read and are skipped"),
    ...said(moving, 'have several frames, of which the first is taken'),
    ...said(copies, 'are copies, on the same side as their originals'),
  ];
}
