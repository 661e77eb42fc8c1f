import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../dataset.ts';
import { FASHION_FILES, FASHION_ID, type FashionFile, type FashionPart, type NamedBytes } from '../fashion-mnist.ts';

/** Bytes a decompressed file may have: nearly three times the largest official file, and a GPU's default binding limit. */
const LARGEST = 128 * 1024 * 1024;

/**
 * The folder that holds Fashion-MNIST: `path` itself, or `fashion-mnist` in it; undefined if neither does.
 *
 * @throws DataError if `path` is no folder that can be read
 */
export async function findFashionMnist(path: string): Promise<string | undefined> {
  const entries = new Set(await list(path));
  if (FASHION_FILES.some((file) => spellings(file).some((name) => entries.has(name)))) return path;
  return entries.has(FASHION_ID) ? join(path, FASHION_ID) : undefined;
}

/**
 * Reads the four files of a folder, each gzip-compressed or not, and decompresses them.
 *
 * @throws DataError if one is missing, can't be read, is broken, or has more than 128 MiB
 */
export async function readFashionMnist(folder: string): Promise<Record<FashionPart, NamedBytes>> {
  const entries = new Set(await list(folder));
  const found = FASHION_FILES.map((file) => spellings(file).find((name) => entries.has(name)));
  const missing = FASHION_FILES.filter((_, i) => found[i] === undefined).map((file) => file.name);
  if (missing.length > 0) {
    throw new DataError(
      `${folder} lacks ${missing.length} of the 4 files of Fashion-MNIST: ${missing.join(', ')}. Put them there, compressed or not (without .gz).`,
    );
  }
  return readParts(async (_, i) => {
    const name = join(folder, found[i]!);
    return decompress({ name, bytes: await readWhole(name) });
  });
}

/** Runs `read` for the four files and names the results by part. */
export async function readParts(
  read: (file: FashionFile, index: number) => Promise<NamedBytes>,
): Promise<Record<FashionPart, NamedBytes>> {
  const parts = await Promise.all(FASHION_FILES.map(async (file, i) => [file.part, await read(file, i)] as const));
  return Object.fromEntries(parts) as Record<FashionPart, NamedBytes>;
}

/**
 * The content of a gzip-compressed file; a file that does not start like one is returned as it is.
 *
 * @throws DataError if it breaks off, is damaged, or decompresses to more than 128 MiB
 */
export async function decompress({ name, bytes }: NamedBytes): Promise<NamedBytes> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { name, bytes };
  try {
    return { name, bytes: plain(await promisify(gunzip)(bytes, { maxOutputLength: LARGEST })) };
  } catch (error) {
    throw new DataError(`${name} ${gzipFault(error, bytes.length)}. ${officialLength(name)}Get it again.`);
  }
}

function gzipFault(error: unknown, length: number): string {
  const code = errorCode(error);
  if (code === 'ERR_BUFFER_TOO_LARGE') return `decompresses to more than ${LARGEST} bytes, the most that is accepted`;
  if (code === 'Z_BUF_ERROR') return `is truncated: its gzip stream breaks off after ${length} bytes`;
  return `is damaged: its gzip stream of ${length} bytes can't be decompressed (${code})`;
}

function officialLength(path: string): string {
  const official = FASHION_FILES.find((file) => path.endsWith(file.name));
  return official ? `The official file has ${official.bytes} bytes. ` : '';
}

/** The names a file may have in a user's folder. */
function spellings(file: FashionFile): string[] {
  return [file.name, file.name.replace('.gz', '')];
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOTDIR') {
      throw new DataError(`${folder} is a file. Fashion-MNIST is four files: give the folder that holds them.`);
    }
    throw new DataError(code === 'ENOENT' ? `There is no folder ${folder}.` : `${folder} can't be read (${code}).`);
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  const fail = (error: unknown): never => {
    throw new DataError(`${path} can't be read (${errorCode(error)}).`);
  };
  const about = await stat(path).catch(fail);
  if (!about.isFile()) throw new DataError(`${path} should be a file, but is something else.`);
  if (about.size > LARGEST) {
    throw new DataError(
      `${path} has ${about.size} bytes; at most ${LARGEST} are accepted. ${officialLength(path)}`.trimEnd(),
    );
  }
  return plain(await readFile(path).catch(fail));
}

/** The same bytes as no Buffer, whose `slice` shares what an array's copies. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** The code of a Node system error, such as ENOENT, or else its text. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
