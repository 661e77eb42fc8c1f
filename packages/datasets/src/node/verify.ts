import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readWhole } from './folder.ts';

/** What was found of a file. */
export interface VerifiedFile {
  readonly file: string;
  readonly state: 'ok' | 'missing' | 'bad';
  /** A few words for the user: a checksum or a count, or what is wrong. */
  readonly detail: string;
}

export interface VerifyOptions {
  /** The compiled `png-worker`, default `png-worker.js` beside the bundle that this is in. */
  readonly workerUrl?: URL | undefined;
  /** Hears how much of how much is done, where it takes long. */
  readonly progress?: ((what: string, done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Holds the files of a folder against their MD5 sums. */
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
        ? `only ${plain} is there, of which no checksum is published`
        : 'it is not there';
    return { file: name, state: 'missing', detail };
  }
  try {
    const sum = createHash('md5')
      .update(await readWhole(join(folder, name)))
      .digest('hex');
    if (sum === md5) return { file: name, state: 'ok', detail: `MD5 ${md5}` };
    return { file: name, state: 'bad', detail: `MD5 ${sum} instead of ${md5}; get the file again` };
  } catch (error) {
    return { file: name, state: 'bad', detail: clauseOf(error) };
  }
}

/** A loader's sentence as the words behind a file's name. */
export const clauseOf = (error: unknown): string => (error as Error).message.replace(/\.$/, '');
