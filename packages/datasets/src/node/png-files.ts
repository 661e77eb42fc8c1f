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

/** Subfolders are looked into to this depth, as `--data ~` should not read a whole disk. */
const DEEPEST = 8;

/** Kinds of images that are not read, by the endings of their names. */
const OTHER_IMAGES = /\.(jpe?g|webp|gif|bmp|tiff?|avif|heic)$/i;

/** Bytes of the largest PNG file that is read; the Cartoon Set's have 60 000 at most. */
const LARGEST = 64 * 2 ** 20;

/** Bytes of zeros that end a tar archive (POSIX pax: two blocks). */
const TAR_END = 1024;

/** An archive that can't be read to its end. */
export class BrokenArchiveError extends DataError {}

/** A PNG file as it was found: its bytes, or what is wrong with it, as the end of a sentence that starts with its name. */
export interface PngFile {
  /** With the folders that it lies in, each followed by `/`. */
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer> | string;
}

/** A folder or archive of PNG files. */
export interface PngSource {
  /** The folder or archive, absolute. */
  readonly path: string;
  /** Another one if anything in it has changed, as far as names, sizes and times tell. */
  readonly fingerprint: string;
  /** The files one after the other; `progress` hears how much of how much is read, in the source's own unit. */
  files(progress: (done: number, total: number) => void): AsyncGenerator<PngFile>;
}

/**
 * Opens a folder of PNG files (in it, or in its subfolders) or a tar archive of such, gzip-compressed or not.
 *
 * @throws DataError if there is no such path or it can't be read, if a folder holds no PNG file, or if an archive is cut short
 */
export async function openPngSource(given: string): Promise<PngSource> {
  const path = resolve(given);
  const about = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (about.isDirectory()) return openFolder(path);
  if (!about.isFile()) throw new DataError(`${path} is neither a folder nor a file. Give one that holds the images.`);
  return openArchive(path, about.size, about.mtimeMs);
}

async function openFolder(path: string): Promise<PngSource> {
  const files = await listImages(Buffer.from(path), '', []);
  if (files.length === 0) {
    throw new DataError(`${path} holds no PNG files, nor do its subfolders. Give the folder with the images.`);
  }
  const listing = createHash('sha256');
  for (const { location, path } of files) {
    const about = await stat(location).catch(() => undefined); // a link to nowhere: reading it will tell
    listing.update(`${path}\0${about?.size}\0${about?.mtimeMs}\n`);
  }
  return {
    path,
    fingerprint: listing.digest('hex'),
    async *files(progress) {
      for (const [i, { location, path }] of files.entries()) {
        yield { path, content: otherKind(path) ?? (await readPng(location)) };
        progress(i + 1, files.length);
      }
    },
  };
}

interface Located {
  /** Where it is, in bytes: on Linux a name need not be UTF-8. */
  readonly location: Buffer;
  /** As in {@link PngFile}. */
  readonly path: string;
}

/**
 * The images below a folder, sorted by path. Links are followed.
 *
 * @param path of the folder below the one that was given
 * @param above the folders that it lies in, as the system names them: a link back to one of them is left out
 */
async function listImages(folder: Buffer, path: string, above: readonly string[]): Promise<Located[]> {
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
      if (isPng(name) || otherKind(name) !== undefined) found.push({ location, path: path + name });
    } else if (above.length + 1 < DEEPEST && !name.startsWith('.')) {
      found.push(...(await listImages(location, `${path}${name}/`, [...above, own])));
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : Buffer.compare(a.location, b.location)));
}

/** What is wrong with an image that is no PNG by its name. */
function otherKind(path: string): string | undefined {
  const ending = OTHER_IMAGES.exec(path)?.[1];
  return ending === undefined || basename(path).startsWith('.')
    ? undefined
    : `is no PNG, but ${ending.toUpperCase()}: convert it`;
}

async function readPng(path: Buffer): Promise<PngFile['content']> {
  try {
    const about = await stat(path);
    if (!about.isFile()) return 'is no file, nor a link to one';
    return about.size > LARGEST ? tooLarge(about.size) : new Uint8Array(await readFile(path));
  } catch (error) {
    return `can't be read (${errorCode(error)})`;
  }
}

async function openArchive(path: string, size: number, modified: number): Promise<PngSource> {
  const compressed = await inspectArchive(path, size);
  return {
    path,
    fingerprint: `${size} ${modified}`,
    async *files(progress) {
      const file = createReadStream(path, { highWaterMark: 2 ** 20 });
      const tar = compressed ? pipeline(file, createGunzip(), () => {}) : file;
      // Not Readable.toWeb: cancelled between two chunks, it throws where nobody can catch it (Node 20 and 22).
      const entries = (WebStream.from<Uint8Array>(sinceEpoch(tar)) as ReadableStream<Uint8Array>)
        .pipeThrough(createTarDecoder({ strict: true }))
        .getReader();
      try {
        for (let next = await entries.read(); next.value !== undefined; next = await entries.read()) {
          const found = await readEntry(path, next.value);
          if (found !== undefined) yield found;
          progress(file.bytesRead, size);
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

/** Whether an archive is gzip-compressed; a plain one must end as tar archives do, or the end is missing. */
async function inspectArchive(path: string, size: number): Promise<boolean> {
  const file = await open(path).catch((error) => {
    throw unreadable(path, error);
  });
  try {
    const { buffer: start, bytesRead } = await file.read(Buffer.alloc(262), 0, 262, 0);
    if (start[0] === 0x1f && start[1] === 0x8b) return true;
    if (bytesRead < 262 || start.toString('latin1', 257, 262) !== 'ustar') {
      throw new DataError(
        `${path} is neither a folder nor a tar archive (.tar or .tgz). Give one that holds the images.`,
      );
    }
    const { buffer: end } = await file.read(Buffer.alloc(TAR_END), 0, TAR_END, Math.max(0, size - TAR_END));
    if (end.some((byte) => byte !== 0)) {
      throw new BrokenArchiveError(
        `${path} is cut short: it has ${size} bytes, but lacks the end of a tar archive. Get it again.`,
      );
    }
    return false;
  } finally {
    await file.close();
  }
}

/** The PNG file of an entry, undefined if it is something else: a folder, a list of attributes. */
async function readEntry(archive: string, { header, body }: ParsedTarEntry): Promise<PngFile | undefined> {
  // Windows' separator too, wherever this runs; a leading one is left out, as tar does when it unpacks.
  const parts = header.name.split(/[/\\]/).filter((part, i) => i > 0 || !/^([a-z]:)?$/i.test(part));
  const name = parts.at(-1) ?? '';
  if (parts.includes('..')) {
    throw new DataError(
      `${archive} holds a file that would lie outside of its folder, ${JSON.stringify(header.name)}. Make the archive anew without it, or get another one.`,
    );
  }
  const file = header.type === 'file';
  const foreign = file ? otherKind(name) : undefined;
  const path = parts.join('/');
  if (isPng(name) && file && header.size <= LARGEST) {
    return { path, content: new Uint8Array(await new Response(body).arrayBuffer()) };
  }
  await body.pipeTo(new WritableStream()); // read, as `cancel` leaves modern-tar 0.8.6 waiting where a chunk ends
  if (foreign !== undefined) return { path, content: foreign };
  if (!isPng(name) || header.type === 'directory') return undefined;
  return { path, content: file ? tooLarge(header.size) : `is no file, but a ${header.type}` };
}

function brokenArchive(path: string, error: unknown): BrokenArchiveError {
  const code = errorCode(error);
  const fault = /Z_BUF_ERROR|truncated/i.test(code) ? 'is cut short' : `is damaged (${code})`;
  return new BrokenArchiveError(`${path} ${fault}: its end can't be reached. Get it again.`);
}

/** macOS puts `._name.png` beside `name.png` into archives; that is none. */
export function isPng(name: string): boolean {
  return name.toLowerCase().endsWith('.png') && !name.startsWith('.');
}

function tooLarge(size: number): string {
  return `has ${size} bytes; at most ${LARGEST} are read`;
}

function unreadable(path: string, error: unknown): DataError {
  const code = errorCode(error);
  return new DataError(code === 'ENOENT' ? `There is no ${path}.` : `${path} can't be read (${code}).`);
}
