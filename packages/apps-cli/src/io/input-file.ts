import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { DataError, decodeText } from '@hourglass/datasets';
import { systemReason, UsageError } from '../usage/errors.ts';
import { toUser } from './paths.ts';

/** The maximum size of a file in bytes: the most that Node reads at once. */
const LARGEST = 2 ** 31 - 1;

/**
 * Reads a whole file that the user named. Pipes and devices, which may never end, are refused.
 *
 * @throws UsageError if there is no such file, or it can't be read or has more than 2 GiB
 */
export async function readInput(path: string): Promise<Uint8Array> {
  if (!(await statInput(path)).isFile()) throw new UsageError(`${toUser(path)} can't be read: it is not a file.`);
  return readFile(path).catch((error: unknown) => cantRead(path, error));
}

/**
 * The same for text, which may also come from a pipe, such as a shell's `<(…)`.
 *
 * @param largest bytes
 */
export async function readTextInput(path: string, largest: number): Promise<string> {
  const about = await statInput(path);
  if (!about.isFile() && !about.isFIFO()) throw new UsageError(`${toUser(path)} can't be read: it is not a file.`);
  return readText(createReadStream(path), toUser(path), largest).catch((error: unknown) => {
    throw error instanceof UsageError || error instanceof DataError ? error : cantRead(path, error);
  });
}

/**
 * Reads a whole stream as text. `name` is for messages.
 * @throws UsageError for more than `largest` bytes, DataError for UTF-16
 */
export async function readText(stream: AsyncIterable<Uint8Array>, name: string, largest: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > largest) throw new UsageError(`${name} has more than ${largest} bytes, which is the maximum.`);
    chunks.push(chunk);
  }
  return decodeText(Buffer.concat(chunks), name);
}

async function statInput(path: string): ReturnType<typeof stat> {
  const about = await stat(path).catch((error: unknown) => cantRead(path, error));
  if (about.size > LARGEST) throw new UsageError(`${toUser(path)} has ${about.size} bytes; the maximum is ${LARGEST}.`);
  return about;
}

/** @throws UsageError, always */
export function cantRead(path: string, error: unknown): never {
  throw new UsageError(`${toUser(path)} can't be read: ${systemReason(error)}.`);
}
