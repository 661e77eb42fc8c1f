import { readdir, readFile, stat } from 'node:fs/promises';
import { DataError } from '../dataset.ts';

/**
 * Largest size of a file read into memory: a GPU's default binding limit, and nearly three times the largest file of
 * Fashion-MNIST.
 */
export const LARGEST = 128 * 1024 * 1024;

/**
 * The names of a folder's entries.
 *
 * @param wanted a clause for the message if the path is a file: what must be in a folder
 * @throws DataError if it is not a readable folder
 */
export async function listFolder(folder: string, wanted: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOTDIR') throw new DataError(`${folder} is a file. ${wanted}: give the folder that contains them.`);
    throw new DataError(code === 'ENOENT' ? `There is no folder ${folder}.` : `${folder} can't be read (${code}).`);
  }
}

/**
 * Reads a whole file.
 *
 * @throws DataError if it is not a readable file, or is larger than 128 MiB
 */
export async function readWhole(path: string): Promise<Uint8Array> {
  const fail = (error: unknown): never => {
    throw new DataError(`${path} can't be read (${errorCode(error)}).`);
  };
  const about = await stat(path).catch(fail);
  if (!about.isFile()) throw new DataError(`${path} must be a file, but is something else.`);
  if (about.size > LARGEST) {
    throw new DataError(`${path} has ${about.size} bytes; at most ${LARGEST} are accepted.`);
  }
  return plain(await readFile(path).catch(fail));
}

/** The same bytes as a plain array: a Buffer's `slice` shares memory, an array's copies. */
export function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** The code of a Node system error, such as ENOENT, or else the error's text. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
