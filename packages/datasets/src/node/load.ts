import { join } from 'node:path';
import { defaultCacheDir } from '@hourglass/files';
import { DataError, type Dataset, type LoadedDataset } from '../dataset.ts';
import { removeAbandoned } from './cache.ts';
import { DownloadError, type Network } from './download.ts';

export interface LoadOptions {
  /** The dataset's file or folder. */
  data?: string | undefined;
  /** A folder of datasets, searched if `data` is not given. */
  dataDir?: string | undefined;
  /** The folder that stores downloads; default `defaultCacheDir(process.env)`. */
  cacheDir?: string | undefined;
  /** Receives sentences for the user: downloads and their origin, problems, and use of the stand-in. */
  notice: (message: string) => void;
  /** Receives the number of bytes received of a file, if its size is known. */
  progress?: ((file: string, received: number, total: number) => void) | undefined;
  /** Whether to use the stand-in if no server can be reached; default true. */
  standIn?: boolean | undefined;
  /** Height and width of images for datasets that support several, an integer from 16 to 1024; default 256. */
  imageSize?: number | undefined;
  /** Whether an image that can't be decoded throws. Otherwise it is skipped and reported to `notice`. Default false. */
  strict?: boolean | undefined;
  /** The compiled `png-worker.ts`; default `png-worker.js` next to this bundle. */
  workerUrl?: URL | undefined;
  /** Stops downloads; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Default: the platform's `fetch`. */
  fetch?: typeof fetch | undefined;
}

/** The dataset-specific part of loading. */
export interface Loader<Loaded extends LoadedDataset> {
  readonly dataset: Dataset<Loaded>;
  /** A sentence about the paths that the user can give. */
  readonly wanted: string;
  /** The dataset at a path given by the user; undefined if the path does not contain it. */
  readGiven(path: string): Promise<Loaded | undefined>;
  /** The dataset from this cache folder. Missing files are downloaded into it. */
  loadOfficial(folder: string, network: Network): Promise<Loaded>;
}

/**
 * Loads a dataset from `data`, else `dataDir`, else the cache, else the network. If no server can be reached and no
 * path was given, returns the procedural stand-in. Also removes what killed processes left in the dataset's cache
 * folder.
 *
 * @throws DataError if a given path or a file in it is wrong, or if it does not contain the dataset and no server can
 *   be reached
 * @throws DownloadError if the mirrors answer, but none with the right file, or if no server can be reached and
 *   `standIn` is false
 */
export async function load<Loaded extends LoadedDataset>(
  loader: Loader<Loaded>,
  options: LoadOptions,
): Promise<Loaded> {
  const { data, dataDir, cacheDir = defaultCacheDir(process.env), notice, progress, signal } = options;
  const { wanted, dataset: about } = loader;
  const { title } = about;
  const folder = join(cacheDir, about.id);
  await removeAbandoned(folder);
  const given = data ?? dataDir;
  if (given !== undefined) {
    const dataset = await loader.readGiven(given);
    if (dataset !== undefined) return dataset;
    if (data !== undefined) throw new DataError(`${data} does not contain ${title}. ${wanted}`);
  }
  try {
    const network = { fetch: options.fetch ?? fetch, notice, progress, signal };
    return await loader.loadOfficial(folder, network);
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    if (error.unreachable && given !== undefined) {
      throw new DataError(`Neither ${given} nor the cache contains ${title}. ${error.message} ${wanted}`);
    }
    if (!error.unreachable || options.standIn === false)
      throw new DownloadError(`${error.message} Try again later, or give the data with --data. ${wanted}`);
    const standIn = about.drawStandIn({ imageSize: options.imageSize });
    notice(
      `${error.message} Using the procedural stand-in instead of ${title}: ${standIn.train.count} + ${standIn.test.count} ${about.drawings} drawn by code. Its results are not comparable. Give the real data with --data.`,
    );
    return standIn;
  }
}
