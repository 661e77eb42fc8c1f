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

/** Operations on a dataset's files in Node. */
interface OnDisk {
  readonly load: (options: LoadOptions) => Promise<LoadedDataset>;
  /** Finds the dataset at or in a path. `itself`: the path was given as this dataset, under any name. */
  readonly find: (path: string, itself: boolean) => Promise<string | undefined>;
  /** Compares the result of `find` with the published files. */
  readonly verify: (path: string, options: VerifyOptions) => Promise<VerifiedFile[]>;
}

const ON_DISK: Readonly<Record<DatasetId, OnDisk>> = {
  [FASHION_ID]: { load: loadFashionMnist, find: findFashionMnist, verify: verifyFashionMnist },
  [ECG_ID]: {
    load: loadEcg5000,
    find: async (path) => {
      const found = await findEcg5000(path);
      // Loading accepts a file with any name. Among several datasets, a tar is more likely to be another dataset.
      return found !== undefined && (await isFile(found)) && !/^\.(csv|txt)$/i.test(extname(found)) ? undefined : found;
    },
    verify: verifyEcg5000,
  },
  [CARTOON_ID]: {
    load: loadCartoonSet,
    find: async (path, itself) => {
      const found = await findCartoonSet(path, itself);
      if (found === path) await openPngSource(found); // throws if it is not a source of PNG files
      return found;
    },
    verify: verifyCartoonSet,
  },
};

/** Loads a dataset as `load` does. @throws DataError, DownloadError as the loader of this dataset */
export function loadDataset(id: DatasetId, options: LoadOptions): Promise<LoadedDataset> {
  return ON_DISK[id].load(options);
}

/**
 * The folder or file that a dataset would be loaded from: `data`, or else the first of `dataDir` and the cache that has
 * it. Undefined if it is in none of them. Does not check the contents.
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
 * Compares the result of `locateDataset` with the published files: Fashion-MNIST and the pair of the UCR archive by
 * their MD5 sums; `ecg.csv` and the Cartoon Set, for which no checksum is known, by reading and counting everything.
 *
 * @returns every file; for the images of the Cartoon Set, only those that can't be decoded
 */
export function verifyDataset(id: DatasetId, path: string, options: VerifyOptions = {}): Promise<VerifiedFile[]> {
  return ON_DISK[id].verify(path, options);
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;
