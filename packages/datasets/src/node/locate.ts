import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CARTOON_ID } from '../cartoon-set.ts';
import { DataError } from '../dataset.ts';
import { ECG_ID } from '../ecg5000.ts';
import { FASHION_ID } from '../fashion-mnist.ts';
import { defaultCacheDir } from './cache.ts';
import { findCartoonSet } from './cartoon-set.ts';
import { findEcg5000 } from './ecg5000.ts';
import { findFashionMnist } from './fashion-mnist.ts';
import type { LoadOptions } from './load.ts';
import { openPngSource } from './png-files.ts';

/** The datasets there are. */
export const DATASET_IDS = [FASHION_ID, ECG_ID, CARTOON_ID] as const;
export type DatasetId = (typeof DATASET_IDS)[number];

/** What holds the dataset at or in a path; `itself`: the path was given as this dataset, whatever its name. */
type Finder = (path: string, itself: boolean) => Promise<string | undefined>;

const FINDERS: Readonly<Record<DatasetId, Finder>> = {
  [FASHION_ID]: findFashionMnist,
  [ECG_ID]: async (path) => {
    const found = await findEcg5000(path);
    // Loading takes a file of any name; among several datasets, a tar is more likely to be another one.
    return found !== undefined && (await isFile(found)) && !/^\.(csv|txt)$/i.test(extname(found)) ? undefined : found;
  },
  [CARTOON_ID]: async (path, itself) => {
    const found = await findCartoonSet(path, itself);
    if (found === path) await openPngSource(found); // throws if it is none
    return found;
  },
};

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
    const found = await FINDERS[id](place, data !== undefined).catch((error: unknown) => {
      if (error instanceof DataError) return undefined; // nothing there
      throw error;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;
