import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { ReadableStream as WebStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { DataError } from '../dataset.ts';
import { errorCode } from './folder.ts';

/** Subfolders are looked into to this depth, as `--data ~` should not read a whole disk. */
const DEEPEST = 3;

/** Bytes of the largest PNG file that is read; the Cartoon Set's have 60 000 at most. */
const LARGEST = 64 * 2 ** 20;

/** Bytes of zeros that end a tar archive (POSIX pax: two blocks). */
const TAR_END = 1024;

/** An archive that can't be read to its end. */
export class BrokenArchiveError extends DataError {}

/** A PNG file as it was found: its bytes, or what is wrong with it, as the end of a sentence that starts with its name. */
export interface PngFile {
  /** Without folders. */
  readonly name: string;
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
  const names = await listPngs(path, '', 1);
  if (names.length === 0) {
    throw new DataError(`${path} holds no PNG files, nor do its subfolders. Give the folder with the images.`);
  }
  const listing = createHash('sha256');
  for (const name of names) {
    const about = await stat(join(path, name)).catch(() => undefined); // a link to nowhere: reading it will tell
    listing.update(`${name}\0${about?.size}\0${about?.mtimeMs}\n`);
  }
  return {
    path,
    fingerprint: listing.digest('hex'),
    async *files(progress) {
      for (const [i, name] of names.entries()) {
        yield { name: basename(name), content: await readPng(join(path, name)) };
        progress(i + 1, names.length);
      }
    },
  };
}

/** Paths of PNG files relative to `root`, sorted. Links to files are followed, links to folders are not. */
async function listPngs(root: string, folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error) => {
    throw unreadable(join(root, folder), error);
  });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < DEEPEST && !entry.name.startsWith('.')) {
      found.push(...(await listPngs(root, path, depth + 1)));
    } else if (!entry.isDirectory() && isPng(entry.name)) found.push(path);
  }
  return found.sort();
}

async function readPng(path: string): Promise<PngFile['content']> {
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
      const entries = (WebStream.from<Uint8Array>(tar) as ReadableStream<Uint8Array>)
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
  const parts = header.name.split(/[/\\]/); // Windows' separator too, wherever this runs
  const name = parts.at(-1)!;
  if (/^([/\\]|[a-z]:)/i.test(header.name) || parts.includes('..')) {
    throw new DataError(
      `${archive} holds a file that would lie outside of its folder, ${JSON.stringify(header.name)}. That is no archive to trust: get it from Google.`,
    );
  }
  if (isPng(name) && header.type === 'file' && header.size <= LARGEST) {
    return { name, content: new Uint8Array(await new Response(body).arrayBuffer()) };
  }
  await body.pipeTo(new WritableStream()); // read, as `cancel` leaves modern-tar 0.8.6 waiting where a chunk ends
  if (!isPng(name) || header.type === 'directory') return undefined;
  return { name, content: header.type === 'file' ? tooLarge(header.size) : `is no file, but a ${header.type}` };
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
