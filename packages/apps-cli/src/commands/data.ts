import { DATASET_IDS, DATASETS, type Dataset, type DatasetId } from '@hourglass/datasets';
import { loadDataset, locateDataset, type VerifiedFile, verifyDataset } from '@hourglass/datasets/node';
import { type Messages, toldBy } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import type { DatasetInfo } from '../run/config.ts';
import { Interruption } from '../run/interruption.ts';
import { UsageError } from '../usage/errors.ts';
import { unknownWord } from '../usage/nearest-word.ts';
import type { CommonOptions } from '../usage/options.ts';

/** A dataset in the output of `data list --json`. */
export interface DataListing {
  readonly id: DatasetId;
  readonly description: string;
  /** Size of its download; null if not known in advance. */
  readonly bytes: number | null;
  /** The absolute path of the folder or file where it was found; null if it was not found. */
  readonly path: string | null;
}

/** The known datasets, and where each was found. */
export function listData(options: CommonOptions): Promise<DataListing[]> {
  return Promise.all(
    DATASET_IDS.map(async (id) => ({
      id,
      description: DATASETS[id].description,
      bytes: downloadBytes(DATASETS[id]),
      path: (await locateDataset(id, options)) ?? null,
    })),
  );
}

export function formatListing(listings: readonly DataListing[]): string {
  return listings
    .map((listing) => {
      const { id, description, path } = listing;
      return `${id}  ${description}\n  ${path === null ? `not downloaded yet; \`data get ${id}\` downloads it${sizeOf(listing)}` : toUser(path)}`;
    })
    .join('\n');
}

/** " (31 MB)", or nothing if the size of the download is not known. */
export const sizeOf = ({ bytes }: Pick<DataListing, 'bytes'>): string =>
  bytes === null ? '' : ` (${(bytes / 1e6).toFixed()} MB)`;

/**
 * Downloads a dataset into the cache, unless it is already available.
 *
 * @throws UsageError for an unknown dataset; DownloadError, DataError, Interrupted
 */
export async function getData(id: string, options: CommonOptions, messages: Messages): Promise<DatasetInfo> {
  const interruption = new Interruption(() => {});
  const dataset = await loadDataset(datasetId(id), {
    ...options,
    standIn: false,
    signal: interruption.signal,
    ...toldBy(messages),
  }).finally(() => messages.clear());
  const { source, train, test } = dataset;
  return { id: dataset.id, source, train: train.count, test: test.count };
}

export function formatDataset({ id, source, train, test }: DatasetInfo): string {
  const from = { files: 'files', cache: 'the cache', download: 'a download, now in the cache' };
  return `${id}: ${train} + ${test} samples, from ${from[source as keyof typeof from]}`;
}

/** The output of `data verify --json`. */
export interface DataVerification {
  readonly id: DatasetId;
  /** The absolute path of the folder or file. */
  readonly path: string;
  readonly ok: boolean;
  readonly files: readonly VerifiedFile[];
}

/**
 * Compares the files of a dataset with the published ones.
 *
 * @throws UsageError if the dataset is unknown or not found
 */
export async function verifyData(id: string, options: CommonOptions, messages: Messages): Promise<DataVerification> {
  const known = datasetId(id);
  const path = await locateDataset(known, options);
  if (path === undefined)
    throw new UsageError(`${id} was not found. Download it with \`data get ${id}\`, or give its location with --data.`);
  const interruption = new Interruption(() => {});
  const files = await verifyDataset(known, path, {
    signal: interruption.signal,
    progress: toldBy(messages).progress,
  }).finally(() => messages.clear());
  return { id: known, path, ok: files.every(({ state }) => state === 'ok'), files };
}

export function formatVerification({ path, files }: DataVerification): string {
  const lines = files.map(({ file, state, detail }) => `${state === 'ok' ? '✓' : '✗'} ${file}  ${detail}`);
  return [toUser(path), ...lines].join('\n');
}

function downloadBytes({ files }: Dataset): number | null {
  const bytes = files.reduce((sum, { bytes = Number.NaN }) => sum + bytes, 0);
  return Number.isNaN(bytes) ? null : bytes;
}

function datasetId(id: string): DatasetId {
  const known = DATASET_IDS.find((word) => word === id);
  if (known === undefined) throw new UsageError(unknownWord('dataset', id, DATASET_IDS));
  return known;
}
