import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '@hourglass/files';
import { DataError } from '../dataset.ts';
import type { FileSource } from './file-source.ts';
import { errorCode } from './folder.ts';
import { type ShardIndex, Shards } from './shards.ts';

/** Increase this when the same files must give other bytes than before. */
const VERSION = 3;

/**
 * The shards of a source, from an earlier run or else made now. New shards are written to a temporary folder that is
 * renamed when complete, so that concurrent processes don't see each other's partial results. The first to finish wins.
 *
 * @param cache the folder that contains the folders of shards
 * @param choice the settings that, together with the source, determine the shards, as part of a file name
 * @param make writes shards and their index into an empty folder
 * @throws DataError if the cache can't be written, and the errors of `make`
 */
export async function preparedShards<Index extends ShardIndex>(
  cache: string,
  source: Pick<FileSource, 'path' | 'fingerprint'>,
  choice: string,
  notice: (message: string) => void,
  make: (folder: string) => Promise<void>,
): Promise<Shards<Index>> {
  const family = `${hash(source.path)}-${choice}-`;
  const folder = join(cache, `${family}${hash(`${VERSION} ${source.fingerprint}`)}`);
  if (existsSync(folder)) {
    try {
      return await Shards.open<Index>(folder);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      notice(`${error.message} Decoding the images again.`);
    }
  }
  const temporary = join(cache, `${randomUUID()}.tmp`);
  try {
    await makeFolder(temporary);
    await removeOutdated(cache, family, basename(folder));
    await make(temporary);
    return await settle<Index>(temporary, folder);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const code = errorCode(error);
    const place = code === 'ENOSPC' ? 'a folder on a disk with more room' : 'another folder';
    throw new DataError(`The decoded images can't be stored in ${cache} (${code}). Choose ${place} with --cache-dir.`);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Removes the shards that were made of the same source before it changed. */
async function removeOutdated(cache: string, family: string, current: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(family) || name === current) continue;
    await rm(join(cache, name), { recursive: true, force: true }).catch(() => undefined); // in use by another process
  }
}

/**
 * Renames a finished folder to its final name, unless another process was faster. Replaces a damaged folder of that
 * name.
 */
async function settle<Index extends ShardIndex>(temporary: string, folder: string): Promise<Shards<Index>> {
  try {
    await rename(temporary, folder);
  } catch (error) {
    const theirs = await Shards.open<Index>(folder).catch(() => undefined);
    if (theirs !== undefined) return theirs;
    if (!existsSync(folder)) throw error;
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  }
  return Shards.open<Index>(folder);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
