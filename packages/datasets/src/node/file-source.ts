import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { ReadableStream as WebStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { DataError } from '../dataset.ts';
import { errorCode } from './folder.ts';
import { sinceEpoch } from './tar-times.ts';

/** The levels of folders that are searched, including the given one, so that `--data ~` does not read a whole disk. */
const DEEPEST = 8;

/** Bytes of zeros that end a tar archive (POSIX pax: two blocks). */
const TAR_END = 1024;

/** An archive that can't be read to its end. */
export class BrokenArchiveError extends DataError {}

/** Which files of a folder or archive are read, and what messages say about files that are not. */
export interface Wanted {
  /** The wanted files in words, in the plural. */
  readonly kind: string;
  readonly accepts: (name: string) => boolean;
  /**
   * Why a related kind of file is not read, as the end of a sentence that starts with its name; undefined for all other
   * files, which are ignored.
   */
  readonly refuses: (name: string) => string | undefined;
  /** Maximum bytes of a file that is read. */
  readonly largest: number;
  /** What may be given instead of a folder, as the end of a sentence after `neither a folder nor`. */
  readonly archives: string;
}

/** A file as it was found: its bytes, or the problem with it, as the end of a sentence that starts with its name. */
export interface FoundFile {
  /** The name, after the folders that contain the file, each followed by `/`. */
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer> | string;
}

/** Receives the amounts read and in total, in the source's own unit. */
export type Progress = (done: number, total: number) => void;

/** A folder or archive of files. */
export interface FileSource {
  /** The folder or archive, absolute. */
  readonly path: string;
  /** Differs if anything in the source has changed, as far as names, sizes and times show. */
  readonly fingerprint: string;
  /**
   * Reads the files one after the other.
   *
   * @param most the approximate number of files to read, spread over the source if the total is known; default: all
   * @throws DataError if an archive can't be read to its end
   */
  files(progress: Progress, most?: number): AsyncGenerator<FoundFile>;
}

/**
 * Opens a folder of files, including those in its subfolders, or a tar archive of files, gzip-compressed or not.
 *
 * @throws DataError if the path does not exist or can't be read, a folder contains no wanted file, or an archive is cut
 *   short
 */
export async function openFiles(given: string, wanted: Wanted): Promise<FileSource> {
  const path = resolve(given);
  const about = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (about.isDirectory()) return openFolder(path, wanted);
  if (!about.isFile())
    throw new DataError(`${path} is neither a folder nor a file. Give one that contains the images.`);
  return openArchive(path, about.size, about.mtimeMs, wanted);
}

async function openFolder(path: string, wanted: Wanted): Promise<FileSource> {
  const files = await listFiles(Buffer.from(path), '', [], wanted);
  if (files.length === 0) {
    throw new DataError(`${path} and its subfolders contain no ${wanted.kind}. Give the folder with the images.`);
  }
  const listing = createHash('sha256');
  for (const { location, path } of files) {
    const about = await stat(location).catch(() => undefined); // a broken link: reading it reports the problem
    listing.update(`${path}\0${about?.size}\0${about?.mtimeMs}\n`);
  }
  return {
    path,
    fingerprint: listing.digest('hex'),
    async *files(progress, most = files.length) {
      const step = Math.max(1, Math.floor(files.length / most));
      for (const [i, { location, path }] of files.entries()) {
        if (i % step !== 0) continue;
        yield { path, content: wanted.refuses(basename(path)) ?? (await readOne(location, wanted)) };
        progress(i + 1, files.length);
      }
    },
  };
}

interface Located {
  /** The path on disk as bytes, because a name on Linux need not be UTF-8. */
  readonly location: Buffer;
  /** As in {@link FoundFile}. */
  readonly path: string;
}

/**
 * The files below a folder that are wanted or refused, sorted by path. Links are followed.
 *
 * @param path the folder's path below the given folder
 * @param above the real paths of the folders that contain this one; a link back to one of them is skipped
 * @throws DataError if a folder can't be read
 */
async function listFiles(folder: Buffer, path: string, above: readonly string[], wanted: Wanted): Promise<Located[]> {
  const fail = (error: unknown): never => {
    throw unreadable(String(folder), error);
  };
  const own = String(await realpath(folder, 'buffer').catch(fail));
  if (above.includes(own)) return [];
  const found: Located[] = [];
  for (const entry of await readdir(folder, 'buffer').catch(fail)) {
    const location = Buffer.concat([folder, Buffer.from('/'), entry]);
    const name = String(entry);
    const isFolder = (await stat(location).catch(() => undefined))?.isDirectory() === true;
    if (!isFolder) {
      if (wanted.accepts(name) || wanted.refuses(name) !== undefined) found.push({ location, path: path + name });
    } else if (above.length + 1 < DEEPEST && !name.startsWith('.')) {
      for (const file of await listFiles(location, `${path}${name}/`, [...above, own], wanted)) found.push(file);
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : Buffer.compare(a.location, b.location)));
}

async function readOne(path: Buffer, { largest }: Wanted): Promise<FoundFile['content']> {
  try {
    const about = await stat(path);
    if (!about.isFile()) return 'is neither a file nor a link to one';
    return about.size > largest ? tooLarge(about.size, largest) : new Uint8Array(await readFile(path));
  } catch (error) {
    return `can't be read (${errorCode(error)})`;
  }
}

async function openArchive(path: string, bytes: number, modified: number, wanted: Wanted): Promise<FileSource> {
  const compressed = await inspectArchive(path, bytes, wanted);
  return {
    path,
    fingerprint: `${bytes} ${modified}`,
    async *files(progress, most = Number.POSITIVE_INFINITY) {
      let left = most;
      const file = createReadStream(path, { highWaterMark: 2 ** 20 });
      const tar = compressed ? pipeline(file, createGunzip(), () => {}) : file;
      // Not Readable.toWeb: if cancelled between two chunks, it throws an error that can't be caught (Node 20 and 22).
      const entries = (WebStream.from<Uint8Array>(sinceEpoch(tar)) as ReadableStream<Uint8Array>)
        .pipeThrough(createTarDecoder({ strict: true }))
        .getReader();
      try {
        for (let next = await entries.read(); next.value !== undefined && left > 0; next = await entries.read()) {
          const found = await readEntry(path, next.value, wanted);
          if (found !== undefined) {
            left--;
            yield found;
          }
          progress(file.bytesRead, bytes);
        }
      } catch (error) {
        throw error instanceof DataError ? error : brokenArchive(path, error);
      } finally {
        await entries.cancel().catch(() => undefined);
        file.destroy();
      }
    },
  };
}

/**
 * Whether an archive is gzip-compressed.
 * @throws DataError if it is not an archive, or if it is not compressed and lacks the end of a tar archive
 */
async function inspectArchive(path: string, bytes: number, { archives }: Wanted): Promise<boolean> {
  const file = await open(path).catch((error) => {
    throw unreadable(path, error);
  });
  try {
    const { buffer: start, bytesRead } = await file.read(Buffer.alloc(262), 0, 262, 0);
    if (start[0] === 0x1f && start[1] === 0x8b) return true;
    if (bytesRead < 262 || start.toString('latin1', 257, 262) !== 'ustar') {
      throw new DataError(`${path} is neither a folder nor ${archives}. Give one that contains the images.`);
    }
    const { buffer: end } = await file.read(Buffer.alloc(TAR_END), 0, TAR_END, Math.max(0, bytes - TAR_END));
    if (end.some((byte) => byte !== 0)) {
      throw new BrokenArchiveError(
        `${path} is cut short: it has ${bytes} bytes, but lacks the end of a tar archive. Get a fresh copy.`,
      );
    }
    return false;
  } finally {
    await file.close();
  }
}

/** The file of an entry; undefined if the entry is a folder or is not wanted. */
async function readEntry(
  archive: string,
  { header, body }: ParsedTarEntry,
  { accepts, refuses, largest }: Wanted,
): Promise<FoundFile | undefined> {
  const path = pathInArchive(archive, header.name);
  const name = basename(path);
  const file = header.type === 'file';
  const foreign = file ? refuses(name) : undefined;
  if (accepts(name) && file && header.size <= largest) {
    return { path, content: new Uint8Array(await new Response(body).arrayBuffer()) };
  }
  await body.pipeTo(new WritableStream()); // reads it: after `cancel`, modern-tar 0.8.6 can wait forever
  if (foreign !== undefined) return { path, content: foreign };
  if (!accepts(name) || header.type === 'directory') return undefined;
  return { path, content: file ? tooLarge(header.size, largest) : `is not a file, but a ${header.type}` };
}

/**
 * The path of an archive's entry, separated by `/`. Backslashes count as separators on every system. A leading
 * separator or drive letter is dropped, as tar does when it unpacks.
 *
 * @throws DataError if the path leads out of the folder that the archive would be unpacked in
 */
export function pathInArchive(archive: string, name: string): string {
  const parts = name.split(/[/\\]/).filter((part, i) => i > 0 || !/^([a-z]:)?$/i.test(part));
  if (!parts.includes('..')) return parts.join('/');
  throw new DataError(
    `${archive} contains a file that would be outside its folder, ${JSON.stringify(name)}. Recreate the archive without it, or get another one.`,
  );
}

function brokenArchive(path: string, error: unknown): BrokenArchiveError {
  const code = errorCode(error);
  const fault = /Z_BUF_ERROR|truncated/i.test(code) ? 'is cut short' : `is damaged (${code})`;
  return new BrokenArchiveError(`${path} ${fault}: it can't be read to its end. Get a fresh copy.`);
}

export function tooLarge(bytes: number, largest: number): string {
  return `has ${bytes} bytes; at most ${largest} are supported`;
}

/** The error for a path that can't be read. */
export function unreadable(path: string, error: unknown): DataError {
  const code = errorCode(error);
  return new DataError(code === 'ENOENT' ? `There is no ${path}.` : `${path} can't be read (${code}).`);
}
