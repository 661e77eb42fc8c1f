import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FASHION_FILES, FASHION_ID } from '@hourglass/datasets';
import { DownloadError, defaultCacheDir, loadFashionMnist } from '@hourglass/datasets/node';
import { imageData } from '@hourglass/experiments';
import { EXIT, systemReason, UsageError } from './errors.ts';
import { Interruption } from './interruption.ts';
import type { Messages } from './messages.ts';
import { unknownWord } from './nearest-word.ts';
import type { CommonOptions } from './options.ts';
import { toUser } from './paths.ts';
import { type DatasetInfo, describeDataset } from './run-config.ts';

/** A data set as `data list --json` has it. */
export interface DataListing {
  readonly id: string;
  readonly description: string;
  /** Size of its download. */
  readonly bytes: number;
  /** Where its files were found, absolute; null if nowhere. */
  readonly folder: string | null;
}

/** A file as `data verify --json` has it. */
export interface VerifiedFile {
  readonly file: string;
  readonly state: 'ok' | 'missing' | 'bad';
  readonly detail: string;
}

const DESCRIPTION = '60000 + 10000 images of garments, 28x28, 10 classes';
/** Of the whole download. */
export const FASHION_BYTES = FASHION_FILES.reduce((sum, { bytes }) => sum + bytes, 0);

/** The data sets there are, and where each was found. */
export async function listData(options: CommonOptions): Promise<DataListing[]> {
  const folder = (await findFolder(options)) ?? null;
  return [{ id: FASHION_ID, description: DESCRIPTION, bytes: FASHION_BYTES, folder }];
}

export function formatListing(listings: readonly DataListing[]): string {
  return listings
    .map(({ id, description, bytes, folder }) => {
      const where = folder === null ? `not here yet; a download of ${(bytes / 1e6).toFixed()} MB` : toUser(folder);
      return `${id}  ${description}\n  ${where}`;
    })
    .join('\n');
}

/** Fetches a data set into the cache, unless it is there. @throws DownloadError, DataError, Interrupted */
export async function getData(id: string, options: CommonOptions, messages: Messages): Promise<DatasetInfo> {
  checkId(id);
  const interruption = new Interruption(() => {});
  const dataset = await loadFashionMnist({
    ...options,
    signal: interruption.signal,
    notice: (text) => messages.line(text),
    progress: (file, received, total) => messages.transient(`${file} ${Math.floor((100 * received) / total)} %`),
  }).finally(() => messages.clear());
  if (dataset.source === 'procedural')
    throw new DownloadError(`${id} is neither in the cache nor could it be downloaded: no mirror can be reached.`);
  const { sha256: _, ...info } = describeDataset(imageData(dataset));
  return info;
}

export function formatDataset({ id, source, train, test }: DatasetInfo): string {
  const from = { files: 'files', cache: 'the cache', download: 'a download, now in the cache' };
  return `${id}: ${train} + ${test} samples, from ${from[source as keyof typeof from]}`;
}

/** Holds the files of a data set against the official lengths and MD5 sums. @throws UsageError if it is nowhere. */
export async function verifyData(
  id: string,
  options: CommonOptions,
): Promise<{ readonly folder: string; readonly files: VerifiedFile[]; readonly exitCode: number }> {
  checkId(id);
  const folder = await findFolder(options);
  if (folder === undefined)
    throw new UsageError(
      `${id} is nowhere to be verified. Fetch it by \`data get ${id}\`, or say where it is by --data.`,
    );
  const files = await Promise.all(FASHION_FILES.map((file) => verifyFile(folder, file)));
  return { folder, files, exitCode: files.every(({ state }) => state === 'ok') ? EXIT.done : EXIT.failed };
}

async function verifyFile(folder: string, { name, md5 }: { name: string; md5: string }): Promise<VerifiedFile> {
  try {
    const sum = createHash('md5')
      .update(await readFile(join(folder, name)))
      .digest('hex');
    if (sum === md5) return { file: name, state: 'ok', detail: `MD5 ${md5}` };
    return { file: name, state: 'bad', detail: `MD5 ${sum} instead of ${md5}; get the file again` };
  } catch (error) {
    return { file: name, state: 'missing', detail: systemReason(error) };
  }
}

/**
 * The first folder, of those where Fashion-MNIST is looked for, that holds any of its official files. A path that was given
 * with --data excludes the others.
 */
export async function findFolder({ data, dataDir, cacheDir }: CommonOptions): Promise<string | undefined> {
  const cache = join(cacheDir ?? defaultCacheDir(process.env), FASHION_ID);
  const given = data ?? dataDir;
  const inGiven = given === undefined ? [] : [given, join(given, FASHION_ID)];
  for (const folder of data === undefined ? [...inGiven, cache] : inGiven) {
    const entries = await readdir(folder).catch((): string[] => []);
    if (FASHION_FILES.some(({ name }) => entries.includes(name) || entries.includes(name.replace('.gz', ''))))
      return folder;
  }
  return undefined;
}

function checkId(id: string): void {
  if (id !== FASHION_ID) throw new UsageError(unknownWord('data set', id, [FASHION_ID]));
}
