import { join } from 'node:path';
import { defaultCacheDir } from '@hourglass/files';
import { DataError, type Dataset, type LoadedDataset } from '../dataset.ts';
import { removeAbandoned } from './cache.ts';
import { DownloadError, type Network } from './download.ts';

export interface LoadOptions {
  /** The dataset's own file or folder. */
  data?: string | undefined;
  /** Where datasets lie; looked into if there is no `data`. */
  dataDir?: string | undefined;
  /** Where downloads are kept, default `defaultCacheDir(process.env)`. */
  cacheDir?: string | undefined;
  /** Hears, in sentences for the user, what is fetched from where, what is amiss, and that the stand-in serves. */
  notice: (message: string) => void;
  /** Hears how many bytes of a file have come, if it is known how many there are. */
  progress?: ((file: string, received: number, total: number) => void) | undefined;
  /** Whether the stand-in serves where nobody answers; default true. */
  standIn?: boolean | undefined;
  /** Height and width of images that may have any, an integer from 16 to 1024, default 256. */
  size?: number | undefined;
  /** Makes an image that can't be decoded an error; else it is skipped and `notice` hears of it. Default false. */
  strict?: boolean | undefined;
  /** The compiled `png-worker.ts`, default `png-worker.js` beside the bundle that this is in. */
  workerUrl?: URL | undefined;
  /** Stops downloads; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Default: the platform's. */
  fetch?: typeof fetch | undefined;
}

/** A dataset's own part of the search for it. */
export interface Loader<Loaded extends LoadedDataset> {
  readonly dataset: Dataset<Loaded>;
  /** What the user can give, as a sentence. */
  readonly wanted: string;
  /** The dataset at a path given by the user; undefined if there is nothing of it. */
  readGiven(path: string): Promise<Loaded | undefined>;
  /** The dataset from this folder of the cache; what is missing there is downloaded into it. */
  loadOfficial(folder: string, network: Network): Promise<Loaded>;
}

/**
 * A dataset from `data`, else `dataDir`, else the cache, else the network. If nobody answers there and no path was given,
 * the procedural stand-in serves. What killed processes have left in the dataset's folder of the cache is removed.
 *
 * @throws DataError if a given path, or a file in it, is wrong, or if a given path holds nothing of the dataset and nobody answers
 * @throws DownloadError if the mirrors answer, but none with the right file, or if nobody answers and no stand-in is wanted
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
    if (data !== undefined) throw new DataError(`${data} holds no ${title}. ${wanted}`);
  }
  try {
    const network = { fetch: options.fetch ?? fetch, notice, progress, signal };
    return await loader.loadOfficial(folder, network);
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    if (error.unreachable && given !== undefined) {
      throw new DataError(`${given} holds no ${title}, nor does the cache. ${error.message} ${wanted}`);
    }
    if (!error.unreachable || options.standIn === false)
      throw new DownloadError(`${error.message} Try later, or give the data by --data. ${wanted}`);
    const standIn = about.drawStandIn({ size: options.size });
    notice(
      `${error.message} The procedural stand-in serves instead of ${title}: ${standIn.train.count} + ${standIn.test.count} ${about.drawings} drawn by code, whose numbers can't be compared. Give the real one by --data.`,
    );
    return standIn;
  }
}
