import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CARTOON_COUNTS, CARTOON_ID } from '../cartoon-set.ts';
import { DataError } from '../dataset.ts';
import { ECG_CSV, ECG_CSV_COUNT, ECG_FILES, ECG_ID, ECG_PAIR } from '../ecg5000.ts';
import { FASHION_FILES, FASHION_ID } from '../fashion-mnist.ts';
import { findFault } from './ecg5000.ts';
import { readWhole } from './folder.ts';
import type { DatasetId } from './locate.ts';
import { openPngSource } from './png-files.ts';
import { PngPool } from './png-pool.ts';

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

const VERIFIERS: Readonly<Record<DatasetId, (path: string, options: VerifyOptions) => Promise<VerifiedFile[]>>> = {
  [FASHION_ID]: (folder) => verifyAll(folder, FASHION_FILES),
  [ECG_ID]: verifyEcg5000,
  [CARTOON_ID]: verifyCartoonSet,
};

/**
 * Holds what `locateDataset` found against what is published: Fashion-MNIST and the pair of the UCR archive by their MD5 sums,
 * `ecg.csv` and the Cartoon Set, of which no checksum is known, by reading all of it and counting.
 *
 * @returns every file, but of the Cartoon Set's images only those that can't be decoded
 */
export function verifyDataset(id: DatasetId, path: string, options: VerifyOptions = {}): Promise<VerifiedFile[]> {
  return VERIFIERS[id](path, options);
}

function verifyAll(folder: string, files: readonly { name: string; md5: string }[]): Promise<VerifiedFile[]> {
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
    return { file: name, state: 'bad', detail: reason(error) };
  }
}

async function verifyEcg5000(path: string): Promise<VerifiedFile[]> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder && (await readdir(path)).some((name) => ECG_PAIR.includes(name))) return verifyAll(path, ECG_FILES);
  const csv = isFolder ? join(path, ECG_CSV) : path;
  const file = basename(csv);
  try {
    const fault = findFault(await readWhole(csv));
    if (fault === undefined) return [{ file, state: 'ok', detail: `${ECG_CSV_COUNT} beats` }];
    return [{ file, state: 'bad', detail: fault }];
  } catch (error) {
    return [{ file, state: 'bad', detail: reason(error) }];
  }
}

async function verifyCartoonSet(path: string, options: VerifyOptions): Promise<VerifiedFile[]> {
  const { workerUrl = new URL('./png-worker.js', import.meta.url), progress, signal } = options;
  const file = basename(path);
  const faults: VerifiedFile[] = [];
  let count = 0;
  const pool = new PngPool(workerUrl, DECODED_SIZE);
  try {
    const source = await openPngSource(path);
    const pending: Promise<void>[] = [];
    for await (const { path, content } of source.files((done, total) => progress?.(file, done, total))) {
      signal?.throwIfAborted();
      count++;
      const decoding = typeof content === 'string' ? Promise.resolve(content) : pool.decode(content);
      const noting = decoding.then((decoded) => {
        if (typeof decoded === 'string') faults.push({ file: basename(path), state: 'bad', detail: decoded });
      });
      noting.catch(() => undefined); // awaited below
      pending.push(noting);
      if (pending.length >= pool.capacity) await pending.shift();
    }
    await Promise.all(pending);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [{ file, state: 'bad', detail: reason(error) }, ...faults];
  } finally {
    await pool.close();
  }
  const expected = CARTOON_COUNTS[file] ?? count;
  const whole: VerifiedFile =
    count === expected
      ? { file, state: 'ok', detail: `${count} images` }
      : { file, state: 'bad', detail: `it holds ${count} images instead of ${expected}; get it again` };
  return [whole, ...faults];
}

/** All of an image is decoded whatever it is resized to. */
const DECODED_SIZE = 16;

/** A loader's sentence as the words behind a file's name. */
const reason = (error: unknown): string => (error as Error).message.replace(/\.$/, '');
