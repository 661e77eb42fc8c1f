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

/** Maximum depth of subfolders, so that `--data ~` does not read a whole disk. */
const DEEPEST = 8;

/** Extensions of image formats that are not supported. */
const OTHER_IMAGES = /\.(jpe?g|webp|gif|bmp|tiff?|avif|heic)$/i;

/** Largest size of a PNG file in bytes. The Cartoon Set's have at most 60 000. */
const LARGEST = 64 * 2 ** 20;

/** Number of zero bytes that end a tar archive (POSIX pax: two blocks). */
const TAR_END = 1024;

/** An archive that can't be read to its end. */
export class BrokenArchiveError extends DataError {}

/** A PNG file: its bytes, or the problem with it as the end of a sentence that starts with its name. */
export interface PngFile {
  /** The path with its folders, separated by `/`. */
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer> | string;
}

/** A folder or archive of PNG files. */
export interface PngSource {
  /** The folder or archive, absolute. */
  readonly path: string;
  /** Changes if any file's name, size or time changes. */
  readonly fingerprint: string;
  /** Yields the files in sequence. `progress` receives the amounts done and in total, in the source's unit. */
  files(progress: (done: number, total: number) => void): AsyncGenerator<PngFile>;
}

/**
 * Opens a folder of PNG files (directly or in subfolders) or a tar archive of PNG files, gzip-compressed or not.
 *
 * @throws DataError if the path does not exist or can't be read, if a folder has no PNG files, or if an archive is cut
 *   short
 */
export async function openPngSource(given: string): Promise<PngSource> {
  const path = resolve(given);
  const about = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (about.isDirectory()) return openFolder(path);
  if (!about.isFile())
    throw new DataError(`${path} is neither a folder nor a file. Give one that contains the images.`);
  return openArchive(path, about.size, about.mtimeMs);
}

async function openFolder(path: string): Promise<PngSource> {
  const files = await listImages(Buffer.from(path), '', []);
  if (files.length === 0) {
    throw new DataError(`${path} and its subfolders contain no PNG files. Give the folder with the images.`);
  }
  const listing = createHash('sha256');
  for (const { location, path } of files) {
    const about = await stat(location).catch(() => undefined); // a dangling link: reading it reports the error
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
  /** The path in bytes: on Linux, names need not be UTF-8. */
  readonly location: Buffer;
  /** As in {@link PngFile}. */
  readonly path: string;
}

/**
 * The images below a folder, sorted by path. Links are followed.
 *
 * @param path the folder's path relative to the given folder
 * @param above the real paths of the folders above it. Links back to one of them are skipped
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

/** The problem with an image whose name says that it is not a PNG. */
function otherKind(path: string): string | undefined {
  const ending = OTHER_IMAGES.exec(path)?.[1];
  return ending === undefined || basename(path).startsWith('.')
    ? undefined
    : `is not a PNG, but ${ending.toUpperCase()}: convert it`;
}

async function readPng(path: Buffer): Promise<PngFile['content']> {
  try {
    const about = await stat(path);
    if (!about.isFile()) return 'is neither a file nor a link to one';
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
      // Not Readable.toWeb: when cancelled between two chunks, it throws an error that can't be caught (Node 20 and
      // 22).
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

/** Whether an archive is gzip-compressed. Checks that an uncompressed one has the end of a tar archive. */
async function inspectArchive(path: string, size: number): Promise<boolean> {
  const file = await open(path).catch((error) => {
    throw unreadable(path, error);
  });
  try {
    const { buffer: start, bytesRead } = await file.read(Buffer.alloc(262), 0, 262, 0);
    if (start[0] === 0x1f && start[1] === 0x8b) return true;
    if (bytesRead < 262 || start.toString('latin1', 257, 262) !== 'ustar') {
      throw new DataError(
        `${path} is neither a folder nor a tar archive (.tar or .tgz). Give one that contains the images.`,
      );
    }
    const { buffer: end } = await file.read(Buffer.alloc(TAR_END), 0, TAR_END, Math.max(0, size - TAR_END));
    if (end.some((byte) => byte !== 0)) {
      throw new BrokenArchiveError(
        `${path} is cut short: it has ${size} bytes, but lacks the end of a tar archive. Get a fresh copy.`,
      );
    }
    return false;
  } finally {
    await file.close();
  }
}

/** The PNG file of an entry; undefined if the entry is something else, such as a folder or a list of attributes. */
async function readEntry(archive: string, { header, body }: ParsedTarEntry): Promise<PngFile | undefined> {
  // Accepts Windows separators on every platform. Drops a leading separator, as tar does when unpacking.
  const parts = header.name.split(/[/\\]/).filter((part, i) => i > 0 || !/^([a-z]:)?$/i.test(part));
  const name = parts.at(-1) ?? '';
  if (parts.includes('..')) {
    throw new DataError(
      `${archive} contains a file that would be outside its folder, ${JSON.stringify(header.name)}. Recreate the archive without it, or get another one.`,
    );
  }
  const file = header.type === 'file';
  const foreign = file ? otherKind(name) : undefined;
  const path = parts.join('/');
  if (isPng(name) && file && header.size <= LARGEST) {
    return { path, content: new Uint8Array(await new Response(body).arrayBuffer()) };
  }
  await body.pipeTo(new WritableStream()); // drained, because after `cancel` modern-tar 0.8.6 hangs at the end of a chunk
  if (foreign !== undefined) return { path, content: foreign };
  if (!isPng(name) || header.type === 'directory') return undefined;
  return { path, content: file ? tooLarge(header.size) : `is not a file, but a ${header.type}` };
}

function brokenArchive(path: string, error: unknown): BrokenArchiveError {
  const code = errorCode(error);
  const fault = /Z_BUF_ERROR|truncated/i.test(code) ? 'is cut short' : `is damaged (${code})`;
  return new BrokenArchiveError(`${path} ${fault}: it can't be read to its end. Get a fresh copy.`);
}

/**
 * Whether a name is that of a PNG file. macOS adds `._name.png` next to `name.png` to archives; it is not a picture.
 */
export function isPng(name: string): boolean {
  return name.toLowerCase().endsWith('.png') && !name.startsWith('.');
}

function tooLarge(size: number): string {
  return `has ${size} bytes; at most ${LARGEST} are supported`;
}

function unreadable(path: string, error: unknown): DataError {
  const code = errorCode(error);
  return new DataError(code === 'ENOENT' ? `There is no ${path}.` : `${path} can't be read (${code}).`);
}
