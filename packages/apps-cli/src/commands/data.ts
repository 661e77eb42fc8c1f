import { DATASET_IDS, DATASETS, type Dataset, type DatasetId } from '@hourglass/datasets';
import { loadDataset, locateDataset, type VerifiedFile, verifyDataset } from '@hourglass/datasets/node';
import { type Messages, toldBy } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import type { DatasetInfo } from '../run/config.ts';
import { Interruption } from '../run/interruption.ts';
import { UsageError } from '../usage/errors.ts';
import { unknownWord } from '../usage/nearest-word.ts';
import type { CommonOptions } from '../usage/options.ts';

/** A dataset as `data list --json` has it. */
export interface DataListing {
  readonly id: DatasetId;
  readonly description: string;
  /** Size of its download; null where that is not known before. */
  readonly bytes: number | null;
  /** The folder or file where it was found, absolute; null if nowhere. */
  readonly path: string | null;
}

/** The datasets there are, and where each was found. */
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
      return `${id}  ${description}\n  ${path === null ? `not here yet; \`data get ${id}\` downloads it${sizeOf(listing)}` : toUser(path)}`;
    })
    .join('\n');
}

/** " (31 MB)", or nothing where the size of the download is not known. */
export const sizeOf = ({ bytes }: Pick<DataListing, 'bytes'>): string =>
  bytes === null ? '' : ` (${(bytes / 1e6).toFixed()} MB)`;

/** Fetches a dataset into the cache, unless it is there. @throws DownloadError, DataError, Interrupted */
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

/** What `data verify --json` writes. */
export interface DataVerification {
  readonly id: DatasetId;
  /** The folder or file, absolute. */
  readonly path: string;
  readonly ok: boolean;
  readonly files: readonly VerifiedFile[];
}

/** Holds the files of a dataset against what is published. @throws UsageError if it is nowhere. */
export async function verifyData(id: string, options: CommonOptions, messages: Messages): Promise<DataVerification> {
  const known = datasetId(id);
  const path = await locateDataset(known, options);
  if (path === undefined)
    throw new UsageError(
      `${id} is nowhere to be verified. Fetch it by \`data get ${id}\`, or say where it is by --data.`,
    );
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
  if (known === undefined) throw new UsageError(unknownWord('data set', id, DATASET_IDS));
  return known;
}
