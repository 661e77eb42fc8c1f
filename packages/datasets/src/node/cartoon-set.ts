import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defaultCacheDir } from '@hourglass/files';
import {
  CARTOON_DOWNLOAD,
  CARTOON_FILES,
  CARTOON_ID,
  CARTOON_NAMES,
  CARTOON_SIZE,
  cartoonSet,
} from '../cartoon-set.ts';
import { DataError, type Source, type StreamedImages } from '../dataset.ts';
import { DATASETS } from '../datasets.ts';
import { DownloadError, type Network } from './download.ts';
import { downloadToFile } from './download-file.ts';
import { BrokenArchiveError } from './file-source.ts';
import { listFolder } from './folder.ts';
import { type LoadOptions, load } from './load.ts';
import { isPng, openPngSource } from './png-files.ts';
import { PngPool } from './png-pool.ts';
import { listFaults, prepareImages, strictError } from './prepare-images.ts';
import type { Shards } from './shards.ts';
import { clauseOf, type VerifiedFile, type VerifyOptions } from './verify.ts';

/**
 * Loads the Cartoon Set as `load` does. `data` is a folder of PNG files (directly or in subfolders), a tar archive of
 * PNG files, compressed or not, or a folder that contains one of these under its usual name. `dataDir` is such a
 * folder. The official file is cartoonset10k.tgz. Images are decoded once for each size into the cache folder and read
 * from there, so that only the requested rows are in memory. They are RGB on white, sorted by name. `progress` also
 * reports the decoding, in bytes of an archive or files of a folder.
 *
 * @throws DataError if a given path or its contents are wrong, if it does not contain the Cartoon Set and no server can
 *   be reached, if the cache can't be written, or if an image can't be decoded and `strict` is set
 * @throws DownloadError if the server answers, but not with the right file
 * @throws RangeError if the size is not supported
 */
export async function loadCartoonSet(options: LoadOptions): Promise<StreamedImages> {
  const { data, imageSize = CARTOON_SIZE } = options;
  if (!Number.isInteger(imageSize) || imageSize < 16 || imageSize > 1024) {
    throw new RangeError(`The size of the images must be an integer from 16 to 1024, but is ${imageSize}.`);
  }
  return load(
    {
      dataset: DATASETS[CARTOON_ID],
      wanted: `Expected ${CARTOON_NAMES.join(', ')} or a folder of PNG files.`,
      readGiven: async (path) => {
        const found = await findCartoonSet(path, data !== undefined);
        return found === undefined
          ? undefined
          : imagesOf(await openShards(found, imageSize, options), 'files', imageSize);
      },
      loadOfficial: (folder, network) => loadOfficial(folder, network, imageSize, options),
    },
    options,
  );
}

/**
 * The path of the Cartoon Set, found by name in a folder, or else the given path itself if it may be the dataset;
 * undefined if neither.
 */
export async function findCartoonSet(path: string, maybeItself: boolean): Promise<string | undefined> {
  if (maybeItself && !(await stat(path).catch(() => undefined))?.isDirectory()) return path;
  const entries = await listFolder(path, 'Datasets are in a folder');
  if (maybeItself && entries.some(isPng)) return path;
  const name = CARTOON_NAMES.find((candidate) => entries.includes(candidate));
  return name === undefined ? (maybeItself ? path : undefined) : join(path, name);
}

/**
 * Loads cartoonset10k.tgz from the cache, or downloads it into the cache. A broken file in the cache is downloaded
 * again, once.
 */
async function loadOfficial(
  folder: string,
  network: Network,
  imageSize: number,
  options: LoadOptions,
): Promise<StreamedImages> {
  const { url, name, count } = CARTOON_DOWNLOAD;
  const archive = join(folder, name);
  const cached = existsSync(archive);
  if (!cached) await downloadToFile(new URL(url), archive, network);
  try {
    const shards = await openShards(archive, imageSize, options);
    const { names, skipped } = shards.index;
    if (names.length + skipped.length === count) return imagesOf(shards, cached ? 'cache' : 'download', imageSize);
    await shards.close();
    throw new BrokenArchiveError(`${archive} contains ${names.length + skipped.length} images instead of ${count}.`);
  } catch (error) {
    if (!(error instanceof BrokenArchiveError)) throw error;
    await rm(archive, { force: true });
    if (!cached) throw new DownloadError(`${url} sent a wrong file. ${error.message}`);
    network.notice(`${error.message} It came from the cache. Downloading it again.`);
    return loadOfficial(folder, network, imageSize, options);
  }
}

async function openShards(path: string, imageSize: number, options: LoadOptions): Promise<Shards> {
  const { cacheDir = defaultCacheDir(process.env), strict = false, notice, progress, signal } = options;
  const source = await openPngSource(path);
  const shards = await prepareImages(join(cacheDir, CARTOON_ID), source, {
    imageSize,
    strict,
    workerUrl: options.workerUrl ?? new URL('./png-worker.js', import.meta.url),
    notice,
    progress,
    signal,
  });
  const { names, skipped } = shards.index;
  if (skipped.length > 0) {
    if (strict) {
      await shards.close();
      throw strictError(path, skipped);
    }
    notice(
      `${skipped.length} of ${names.length + skipped.length} images in ${path} can't be decoded and are skipped: ${listFaults(skipped)}.`,
    );
  }
  return shards;
}

const imagesOf = (shards: Shards, source: Exclude<Source, 'procedural'>, imageSize: number): StreamedImages =>
  cartoonSet(
    { names: shards.index.names, read: (rows) => shards.read(rows), close: () => shards.close() },
    source,
    imageSize,
  );

/**
 * Reads and counts all images at the path from `findCartoonSet`, because no checksum is known. Lists those that can't
 * be decoded.
 */
export async function verifyCartoonSet(path: string, options: VerifyOptions): Promise<VerifiedFile[]> {
  const { workerUrl = new URL('./png-worker.js', import.meta.url), progress, signal } = options;
  const file = basename(path);
  const faults: VerifiedFile[] = [];
  let count = 0;
  const pool = new PngPool(workerUrl, DECODED_SIZE);
  try {
    const source = await openPngSource(path);
    const pending: Promise<void>[] = [];
    for await (const { path, content } of source.files((done, total) => progress?.(file, done, total))) {
      signal?.throwIfAborted();
      count++;
      const decoding = typeof content === 'string' ? Promise.resolve(content) : pool.decode(content);
      const noting = decoding.then((decoded) => {
        if (typeof decoded === 'string') faults.push({ file: basename(path), state: 'bad', detail: decoded });
      });
      noting.catch(() => undefined); // awaited below
      pending.push(noting);
      if (pending.length >= pool.capacity) await pending.shift();
    }
    await Promise.all(pending);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [{ file, state: 'bad', detail: clauseOf(error) }, ...faults];
  } finally {
    await pool.close();
  }
  const expected = CARTOON_FILES.find(({ name }) => name === file)?.count ?? count;
  const whole: VerifiedFile =
    count === expected
      ? { file, state: 'ok', detail: `${count} images` }
      : { file, state: 'bad', detail: `it contains ${count} images instead of ${expected}; get a fresh copy` };
  return [whole, ...faults];
}

/** Any size works, because a whole image is always decoded before it is resized. */
const DECODED_SIZE = 16;
