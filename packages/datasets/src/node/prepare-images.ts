import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '@hourglass/files';
import { namesOf } from '../cartoon-set.ts';
import { DataError } from '../dataset.ts';
import { errorCode } from './folder.ts';
import type { PngSource } from './png-files.ts';
import { PngPool } from './png-pool.ts';
import type { Decoded } from './png-worker.ts';
import { Shards, ShardWriter, writeIndex } from './shards.ts';

/** Increase it when the same files must give different bytes than before. */
const VERSION = 2;

export interface PrepareOptions {
  /** Height and width of the images. */
  readonly size: number;
  /** Whether an image that can't be decoded throws. */
  readonly strict: boolean;
  /** The compiled `png-worker`. */
  readonly workerUrl: URL;
  readonly notice: (message: string) => void;
  /** Receives the amounts of the source done and in total. */
  readonly progress: ((what: string, done: number, total: number) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The images of a source as shards, from an earlier run or else decoded now. New shards are written to a temporary
 * folder that is renamed when complete, so that concurrent processes don't see each other's partial results. The first
 * to finish wins.
 *
 * @param cache the folder that contains the folders of shards
 * @throws DataError if the source is broken or has no image that can be decoded, or if the cache can't be written
 */
export async function prepareImages(cache: string, source: PngSource, options: PrepareOptions): Promise<Shards> {
  const family = `${hash(source.path)}-${options.size}-`;
  const folder = join(cache, `${family}${hash(`${VERSION} ${source.fingerprint}`)}`);
  if (existsSync(folder)) {
    try {
      return await Shards.open(folder);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      options.notice(`${error.message} Decoding the images again.`);
    }
  }
  const temporary = join(cache, `${randomUUID()}.tmp`);
  try {
    await makeFolder(temporary);
    await removeOutdated(cache, family, basename(folder));
    await decodeAll(temporary, source, options);
    return await settle(temporary, folder);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const code = errorCode(error);
    const place = code === 'ENOSPC' ? 'a folder on a disk with more space' : 'another folder';
    throw new DataError(`The decoded images can't be stored in ${cache} (${code}). Choose ${place} with --cache-dir.`);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Removes the shards made from the same source before it changed. */
async function removeOutdated(cache: string, family: string, current: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(family) || name === current) continue;
    await rm(join(cache, name), { recursive: true, force: true }).catch(() => undefined); // another process may be removing it
  }
}

async function decodeAll(folder: string, source: PngSource, options: PrepareOptions): Promise<void> {
  const { size, strict, signal, progress } = options;
  const what = basename(source.path);
  options.notice(
    `Decoding ${source.path} to ${size}x${size}. This happens once; later runs read the images from the cache.`,
  );
  const pool = new PngPool(options.workerUrl, size);
  const writer = new ShardWriter(folder);
  const paths: string[] = [];
  const skipped: { name: string; fault: string }[] = [];
  const pending: { path: string; decoded: Promise<Decoded> }[] = [];
  const storeNext = async () => {
    const { path, decoded } = pending.shift()!;
    const result = await decoded;
    if (typeof result === 'string') {
      skipped.push({ name: basename(path), fault: result });
      if (strict) throw strictError(source.path, skipped);
    } else {
      await writer.append(result);
      paths.push(path);
    }
  };
  try {
    for await (const { path, content } of source.files((done, total) => progress?.(what, done, total))) {
      signal?.throwIfAborted();
      const decoded = typeof content === 'string' ? Promise.resolve(content) : pool.decode(content);
      decoded.catch(() => undefined); // storeNext reports the failure, unless another one comes first
      pending.push({ path, decoded });
      if (pending.length >= pool.capacity) await storeNext();
    }
    while (pending.length > 0) await storeNext();
  } finally {
    await pool.close();
    await writer.close();
  }
  if (paths.length === 0) {
    throw skipped.length === 0
      ? new DataError(`${source.path} contains no PNG files. Give an archive with the images.`)
      : new DataError(`${source.path} contains no image that can be decoded: ${listFaults(skipped)}.`);
  }
  await writeIndex(folder, { rowBytes: size * size * 3, names: namesOf(paths), skipped });
}

/**
 * Gives a finished folder its final name, unless another process was faster. Replaces a damaged folder with this name.
 */
async function settle(temporary: string, folder: string): Promise<Shards> {
  try {
    await rename(temporary, folder);
  } catch (error) {
    const theirs = await Shards.open(folder).catch(() => undefined);
    if (theirs !== undefined) return theirs;
    if (!existsSync(folder)) throw error;
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  }
  return Shards.open(folder);
}

/** The error for images that can't be decoded under `--strict`. */
export function strictError(path: string, skipped: readonly { name: string; fault: string }[]): DataError {
  return new DataError(
    `${path} contains images that can't be decoded: ${listFaults(skipped)}. Get fresh copies, or omit --strict to skip them.`,
  );
}

/** Names the first few: "a.png is empty; b.png is not a PNG; c.png lacks pixels; and 3 more". */
export function listFaults(skipped: readonly { name: string; fault: string }[]): string {
  const named = skipped.slice(0, 3).map(({ name, fault }) => `${name} ${fault}`);
  if (skipped.length > named.length) named.push(`and ${skipped.length - named.length} more`);
  return named.join('; ');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
