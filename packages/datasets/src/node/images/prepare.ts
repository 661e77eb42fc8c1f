import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { DataError } from '../../dataset.ts';
import { classesOf, foldersOf } from '../../images/classes.ts';
import { type Channels, type ImageForm, usualImageSize } from '../../images/options.ts';
import { listFaults, strictError } from '../prepare-images.ts';
import { preparedShards } from '../prepared-shards.ts';
import { type ShardIndex, type Shards, ShardWriter, writeIndex } from '../shards.ts';
import { type Decoded, decodeImage, isGray, readHeader, toGray } from './decode-image.ts';
import type { FoundImage, ImageSource } from './source.ts';

/** The user's choice of form; missing values are derived from the images. */
export type ImageChoice = Partial<Pick<ImageForm, 'size' | 'channels'>> & Pick<ImageForm, 'fit' | 'background'>;

/** The number of images inspected to choose a size. */
const LOOKED_AT = 1000;
/** Hexadecimal digits stored of a hash: 64 bits distinguish a billion images. */
const HASH_DIGITS = 16;

/** The index of image shards. */
export interface ImageIndex extends ShardIndex, ImageForm {
  /** The first hexadecimal digits of the SHA-256 of each image's pixels. */
  readonly hashes: readonly string[];
  /** The names of the classes, which are folders or labels of an array; empty if there are none. */
  readonly classes: readonly string[];
  /** The number of each image's class. */
  readonly labels: readonly number[];
  /** The names of images that are animated or have pages. */
  readonly animated: readonly string[];
  /** Sentences about automatic choices and about how the data were interpreted. */
  readonly notes: readonly string[];
}

export interface PrepareImagesOptions extends ImageChoice {
  readonly strict: boolean;
  readonly notice: (message: string) => void;
  /** Receives the progress through the source. */
  readonly progress: (what: string, done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The images of a source as shards, either from an earlier run or decoded now.
 *
 * @param cache the folder that contains the folders of shards
 * @throws DataError if the source is broken, holds no image that can be decoded, or the cache can't be written
 */
export function prepareOwnImages(
  cache: string,
  source: ImageSource,
  options: PrepareImagesOptions,
): Promise<Shards<ImageIndex>> {
  const { size = 'any', channels = 'any', fit, background, notice } = options;
  const choice = [size, channels, fit, background.slice(1)].join('-');
  return preparedShards<ImageIndex>(cache, source, choice, notice, async (folder) => {
    const { size, why } = await imageSizeOf(source, options);
    notice(`Decoding ${source.path} to ${size}x${size}, once; the next run finds the images in the cache.`);
    const notes = [...(why === undefined ? [] : [why]), ...(source.notes ?? [])];
    // Decodes to gray until the first image in colour, then decodes all images again.
    const first = options.channels ?? 1;
    if (await decodeAll(folder, source, options, { size, channels: first, notes })) return;
    await decodeAll(folder, source, options, { size, channels: 3, notes });
  });
}

/** The size that the user chose, or the usual size for the median image. */
async function imageSizeOf(
  source: ImageSource,
  { size, progress, signal }: PrepareImagesOptions,
): Promise<{ readonly size: number; readonly why?: string }> {
  if (size !== undefined) return { size };
  const sides: number[] = [];
  const told = (done: number, total: number) => progress(`looking at ${basename(source.path)}`, done, total);
  for await (const { content } of source.files(told, LOOKED_AT)) {
    signal?.throwIfAborted();
    const header = typeof content === 'string' ? content : await readHeader(content);
    if (typeof header !== 'string') sides.push(Math.min(header.width, header.height));
    if (sides.length === LOOKED_AT) break;
  }
  if (sides.length === 0) return { size: usualImageSize(0) }; // decoding reports what is wrong with them
  const median = sides.sort((a, b) => a - b)[Math.floor(sides.length / 2)]!;
  const chosen = usualImageSize(median);
  const of = sides.length === LOOKED_AT ? `${LOOKED_AT} of the images` : 'the images';
  return {
    size: chosen,
    why: `The median of the shorter sides of ${of} is ${median} pixels: they are made ${chosen}x${chosen} (--size chooses another size).`,
  };
}

interface Made {
  readonly size: number;
  readonly channels: Channels;
  readonly notes: readonly string[];
}

/** @returns false if an image is in colour where gray ones were expected; the folder is then empty again */
async function decodeAll(
  folder: string,
  source: ImageSource,
  options: PrepareImagesOptions,
  { size, channels, notes }: Made,
): Promise<boolean> {
  const { strict, signal, progress, fit, background } = options;
  const writer = new ShardWriter(folder);
  const names: string[] = [];
  const words: string[] = [];
  const hashes: string[] = [];
  const animated: string[] = [];
  const skipped: { name: string; fault: string }[] = [];
  const pending: { found: FoundImage; decoded: Promise<Decoded | string> }[] = [];
  const capacity = 2 * availableParallelism();

  /** Stores the next image. @returns false if it is in colour where gray was expected */
  const storeNext = async (): Promise<boolean> => {
    const { found, decoded } = pending.shift()!;
    const result = await decoded;
    if (typeof result === 'string') {
      skipped.push({ name: found.path, fault: result });
      if (strict) throw strictError(source.path, skipped);
      return true;
    }
    const { rgb, frames } = result;
    if (channels === 1 && options.channels === undefined && !isGray(rgb)) return false;
    const row = channels === 1 ? toGray(rgb) : rgb;
    await writer.append(row);
    names.push(found.path);
    if (found.label !== undefined) words.push(found.label);
    hashes.push(createHash('sha256').update(row).digest('hex').slice(0, HASH_DIGITS));
    if (frames > 1) animated.push(found.path);
    return true;
  };
  try {
    const told = (done: number, total: number) => progress(basename(source.path), done, total);
    for await (const found of source.files(told)) {
      signal?.throwIfAborted();
      const { content } = found;
      const decoded =
        typeof content === 'string' ? Promise.resolve(content) : decodeImage(content, { size, fit, background });
      decoded.catch(() => undefined); // storeNext reports it, unless another failure comes first
      pending.push({ found, decoded });
      if (pending.length >= capacity && !(await storeNext())) return await inColour(folder, writer);
    }
    while (pending.length > 0) if (!(await storeNext())) return await inColour(folder, writer);
  } finally {
    await writer.close();
  }
  if (names.length === 0) {
    throw skipped.length === 0
      ? new DataError(`${source.path} contains no images. Give a folder or an archive with images.`)
      : new DataError(`${source.path} contains no image that can be read: ${listFaults(skipped)}.`);
  }
  const { names: classes, labels, why } = classesOf(words.length === names.length ? words : foldersOf(names));
  const index: ImageIndex = {
    ...{ size, channels, fit, background, rowBytes: size * size * channels },
    ...{ names, hashes, classes, labels: [...labels], animated, skipped },
    notes: why === undefined ? notes : [...notes, why],
  };
  await writeIndex(folder, index);
  return true;
}

/** Discards gray shards. */
async function inColour(folder: string, writer: ShardWriter): Promise<false> {
  await writer.close();
  for (const name of await readdir(folder)) await rm(join(folder, name));
  return false;
}
