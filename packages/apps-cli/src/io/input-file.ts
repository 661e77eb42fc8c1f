import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { systemReason, UsageError } from '../usage/errors.ts';
import { toUser } from './paths.ts';

/** The name for standard input. */
export const STANDARD_INPUT = '-';

/** The maximum size of a file in bytes: the most that Node reads at once. */
const LARGEST = 2 ** 31 - 1;

/**
 * Reads a whole file that the user named. Pipes and devices, which may never end, are refused.
 *
 * @throws UsageError if there is no such file, or it can't be read or has more than 2 GiB
 */
export async function readInput(path: string): Promise<Uint8Array> {
  const about = await statInput(path);
  if (!about.isFile()) throw notFile(path);
  if (about.size > LARGEST) throw new UsageError(`${toUser(path)} has ${about.size} bytes; the maximum is ${LARGEST}.`);
  return readFile(path).catch((error: unknown) => cantRead(path, error));
}

/** @throws UsageError if there is no such file */
export const statInput = (path: string): Promise<Stats> => stat(path).catch((error: unknown) => cantRead(path, error));

export const notFile = (path: string): UsageError => new UsageError(`${toUser(path)} can't be read: it is not a file.`);

/** @throws UsageError, always */
export function cantRead(path: string, error: unknown): never {
  throw new UsageError(`${toUser(path)} can't be read: ${systemReason(error)}.`);
}
