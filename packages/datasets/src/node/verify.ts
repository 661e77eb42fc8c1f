import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readWhole } from './folder.ts';

/** The result of checking a file. */
export interface VerifiedFile {
  readonly file: string;
  readonly state: 'ok' | 'missing' | 'bad';
  /** A few words for the user: a checksum, a count, or the problem. */
  readonly detail: string;
}

export interface VerifyOptions {
  /** The compiled `png-worker`; default `png-worker.js` next to this bundle. */
  readonly workerUrl?: URL | undefined;
  /** Receives the amounts done and in total, for checks that take long. */
  readonly progress?: ((what: string, done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Compares the files of a folder with their MD5 sums. */
export function verifyChecksums(
  folder: string,
  files: readonly { name: string; md5: string }[],
): Promise<VerifiedFile[]> {
  return Promise.all(files.map((file) => verifyChecksum(folder, file)));
}

async function verifyChecksum(folder: string, { name, md5 }: { name: string; md5: string }): Promise<VerifiedFile> {
  const entries = await readdir(folder);
  if (!entries.includes(name)) {
    const plain = name.replace(/\.gz$/, '');
    const detail =
      plain !== name && entries.includes(plain)
        ? `only ${plain} exists, for which no checksum is published`
        : 'it does not exist';
    return { file: name, state: 'missing', detail };
  }
  try {
    const sum = createHash('md5')
      .update(await readWhole(join(folder, name)))
      .digest('hex');
    if (sum === md5) return { file: name, state: 'ok', detail: `MD5 ${md5}` };
    return { file: name, state: 'bad', detail: `MD5 ${sum} instead of ${md5}; get a fresh copy` };
  } catch (error) {
    return { file: name, state: 'bad', detail: clauseOf(error) };
  }
}

/** A loader's sentence as a clause to follow a file's name. */
export const clauseOf = (error: unknown): string => (error as Error).message.replace(/\.$/, '');
