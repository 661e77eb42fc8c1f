import { randomUUID } from 'node:crypto';
import { lstat, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@hourglass/files';
import { downloadAll, type Network, type PublishedFile } from './download.ts';
import { errorCode } from './folder.ts';

/**
 * Milliseconds after which an unchanged temporary file counts as abandoned. No file, and no shard of a folder, takes
 * that long.
 */
const ABANDONED = 24 * 3600 * 1000;

/** Removes what killed processes left in a cache folder: files and folders `*.tmp` that have not changed for a day. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(folder, name);
    const changed = await lstat(path).catch(() => undefined); // another process may be removing it
    if (changed === undefined || Date.now() - changed.mtimeMs < ABANDONED) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * The files of a dataset from its cache folder. Missing or damaged files are downloaded into it.
 *
 * @param mirrors URLs of folders with the files, in the order they are tried
 * @returns `contents` in the order of `files`; `source` is `download` if any file had to be downloaded
 * @throws DownloadError if every mirror failed; the signal's reason if it was aborted
 */
export async function loadPublished(
  files: readonly PublishedFile[],
  mirrors: readonly string[],
  folder: string,
  network: Network,
): Promise<{ source: 'cache' | 'download'; contents: Uint8Array[] }> {
  const contents = new Map<PublishedFile, Uint8Array>();
  for (const file of files) {
    const bytes = await readCached(folder, file, network.notice);
    if (bytes) contents.set(file, bytes);
  }
  const missing = files.filter((file) => !contents.has(file));
  await downloadAll(missing, mirrors, network, async (file, bytes) => {
    await writeCached(folder, file, bytes, network.notice);
    contents.set(file, bytes);
  });
  return { source: missing.length === 0 ? 'cache' : 'download', contents: files.map((file) => contents.get(file)!) };
}

/** A file in the cache, or undefined if it is missing or damaged. Reports damage to `notice`. */
async function readCached(
  folder: string,
  file: PublishedFile,
  notice: (message: string) => void,
): Promise<Uint8Array | undefined> {
  const path = join(folder, file.name);
  try {
    const { size: stored } = await stat(path);
    if (stored !== (file.bytes ?? stored)) {
      notice(`${path} in the cache is damaged: ${stored} bytes instead of ${file.bytes}. Downloading it again.`);
      return undefined;
    }
    const bytes = await readFile(path);
    const fault = file.findFault(bytes);
    if (fault === undefined) return bytes;
    notice(`${path} in the cache is damaged: ${fault}. Downloading it again.`);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') notice(`${path} in the cache can't be read (${code}). Downloading it again.`);
  }
  return undefined;
}

/**
 * Writes a verified file to the cache under a unique name and renames it, so that other processes never see a partial
 * file. If the cache can't be written, only the next run is affected, which downloads again. Reports this to `notice`.
 */
async function writeCached(
  folder: string,
  file: PublishedFile,
  bytes: Uint8Array,
  notice: (message: string) => void,
): Promise<void> {
  const path = join(folder, file.name);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await makeFolder(folder);
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    notice(`${path} can't be written to the cache (${errorCode(error)}). Choose another folder with --cache-dir.`);
  }
}
