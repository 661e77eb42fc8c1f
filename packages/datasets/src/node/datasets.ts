import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { defaultCacheDir } from '@hourglass/files';
import { CARTOON_ID } from '../cartoon-set.ts';
import { DataError, type LoadedDataset } from '../dataset.ts';
import type { DatasetId } from '../datasets.ts';
import { ECG_ID } from '../ecg5000.ts';
import { FASHION_ID } from '../fashion-mnist.ts';
import { findCartoonSet, loadCartoonSet, verifyCartoonSet } from './cartoon-set.ts';
import { findEcg5000, loadEcg5000, verifyEcg5000 } from './ecg5000.ts';
import { findFashionMnist, loadFashionMnist, verifyFashionMnist } from './fashion-mnist.ts';
import type { LoadOptions } from './load.ts';
import { openPngSource } from './png-files.ts';
import type { VerifiedFile, VerifyOptions } from './verify.ts';

/** What Node does with a dataset's files. */
interface OnDisk {
  readonly load: (options: LoadOptions) => Promise<LoadedDataset>;
  /** What holds the dataset at or in a path; `itself`: the path was given as this dataset, whatever its name. */
  readonly find: (path: string, itself: boolean) => Promise<string | undefined>;
  /** Holds what `find` found against what is published. */
  readonly verify: (path: string, options: VerifyOptions) => Promise<VerifiedFile[]>;
}

const ON_DISK: Readonly<Record<DatasetId, OnDisk>> = {
  [FASHION_ID]: { load: loadFashionMnist, find: findFashionMnist, verify: verifyFashionMnist },
  [ECG_ID]: {
    load: loadEcg5000,
    find: async (path) => {
      const found = await findEcg5000(path);
      // Loading takes a file of any name; among several datasets, a tar is more likely to be another one.
      return found !== undefined && (await isFile(found)) && !/^\.(csv|txt)$/i.test(extname(found)) ? undefined : found;
    },
    verify: verifyEcg5000,
  },
  [CARTOON_ID]: {
    load: loadCartoonSet,
    find: async (path, itself) => {
      const found = await findCartoonSet(path, itself);
      if (found === path) await openPngSource(found); // throws if it is none
      return found;
    },
    verify: verifyCartoonSet,
  },
};

/** A dataset as `load` finds it. @throws DataError, DownloadError as the loader of this dataset */
export function loadDataset(id: DatasetId, options: LoadOptions): Promise<LoadedDataset> {
  return ON_DISK[id].load(options);
}

/**
 * The folder or file that a dataset would be loaded from: of `data`, or else the first of `dataDir` and the cache that has it.
 * Undefined if it is nowhere. What is in it is not looked at.
 */
export async function locateDataset(
  id: DatasetId,
  { data, dataDir, cacheDir = defaultCacheDir(process.env) }: Pick<LoadOptions, 'data' | 'dataDir' | 'cacheDir'>,
): Promise<string | undefined> {
  const places = data !== undefined ? [data] : [dataDir, join(cacheDir, id)];
  for (const place of places) {
    if (place === undefined) continue;
    const found = await ON_DISK[id].find(place, data !== undefined).catch((error: unknown) => {
      if (error instanceof DataError) return undefined; // nothing there
      throw error;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Holds what `locateDataset` found against what is published: Fashion-MNIST and the pair of the UCR archive by their MD5 sums,
 * `ecg.csv` and the Cartoon Set, of which no checksum is known, by reading all of it and counting.
 *
 * @returns every file, but of the Cartoon Set's images only those that can't be decoded
 */
export function verifyDataset(id: DatasetId, path: string, options: VerifyOptions = {}): Promise<VerifiedFile[]> {
  return ON_DISK[id].verify(path, options);
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;
