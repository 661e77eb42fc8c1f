import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { DataError, decodeText } from '@hourglass/datasets';
import { systemReason, UsageError } from '../usage/errors.ts';
import { toUser } from './paths.ts';

/** Bytes that a file may have: what Node reads at once. */
const LARGEST = 2 ** 31 - 1;

/**
 * A file that the user named, whole. A pipe or a device, which may never end, is none.
 *
 * @throws UsageError if there is no such file, or it can't be read or has more than 2 GiB
 */
export async function readInput(path: string): Promise<Uint8Array> {
  if (!(await statInput(path)).isFile()) throw new UsageError(`${toUser(path)} can't be read: it is no file.`);
  return readFile(path).catch((error: unknown) => cantRead(path, error));
}

/**
 * The same for text, which may also come from a pipe, as a shell's `<(…)` does.
 *
 * @param largest bytes
 */
export async function readTextInput(path: string, largest: number): Promise<string> {
  const about = await statInput(path);
  if (!about.isFile() && !about.isFIFO()) throw new UsageError(`${toUser(path)} can't be read: it is no file.`);
  return readText(createReadStream(path), toUser(path), largest).catch((error: unknown) => {
    throw error instanceof UsageError || error instanceof DataError ? error : cantRead(path, error);
  });
}

/** All that a stream gives, as text. `name` is for the message. @throws UsageError if it is more than `largest` bytes, DataError if it is UTF-16 */
export async function readText(stream: AsyncIterable<Uint8Array>, name: string, largest: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > largest)
      throw new UsageError(`${name} has more than ${largest} bytes, which are the most that are read.`);
    chunks.push(chunk);
  }
  return decodeText(Buffer.concat(chunks), name);
}

async function statInput(path: string): ReturnType<typeof stat> {
  const about = await stat(path).catch((error: unknown) => cantRead(path, error));
  if (about.size > LARGEST)
    throw new UsageError(`${toUser(path)} has ${about.size} bytes; at most ${LARGEST} are read.`);
  return about;
}

/** @throws UsageError, always */
export function cantRead(path: string, error: unknown): never {
  throw new UsageError(`${toUser(path)} can't be read: ${systemReason(error)}.`);
}
