import { join } from 'node:path';
import { DataError } from '../dataset.ts';
import { defaultCacheDir, removeAbandoned } from './cache.ts';
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
  /** Stops downloads; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Default: the platform's. */
  fetch?: typeof fetch | undefined;
}

/** A dataset's own part of the search for it. */
export interface Loader<Dataset> {
  /** The folder of its own in the cache. */
  readonly id: string;
  /** What it is called in messages. */
  readonly name: string;
  /** What the user can give, as a sentence. */
  readonly wanted: string;
  /** What the stand-in consists of, in the plural. */
  readonly drawings: string;
  /** The dataset at a path given by the user; undefined if there is nothing of it. */
  readGiven(path: string): Promise<Dataset | undefined>;
  /** The dataset from this folder of the cache; what is missing there is downloaded into it. */
  loadOfficial(folder: string, network: Network): Promise<Dataset>;
  drawStandIn(): Dataset;
}

/**
 * A dataset from `data`, else `dataDir`, else the cache, else the network. If nobody answers there and no path was given,
 * the procedural stand-in serves. What killed processes have left in the dataset's folder of the cache is removed.
 *
 * @throws DataError if a given path, or a file in it, is wrong, or if a given path holds nothing of the dataset and nobody answers
 * @throws DownloadError if the mirrors answer, but none with the right file, or if nobody answers and no stand-in is wanted
 */
export async function load<Dataset extends { train: { count: number }; test: { count: number } }>(
  loader: Loader<Dataset>,
  options: LoadOptions,
): Promise<Dataset> {
  const { data, dataDir, cacheDir = defaultCacheDir(process.env), notice, progress, signal } = options;
  const { name, wanted } = loader;
  const folder = join(cacheDir, loader.id);
  await removeAbandoned(folder);
  const given = data ?? dataDir;
  if (given !== undefined) {
    const dataset = await loader.readGiven(given);
    if (dataset !== undefined) return dataset;
    if (data !== undefined) throw new DataError(`${data} holds no ${name}. ${wanted}`);
  }
  try {
    const network = { fetch: options.fetch ?? fetch, notice, progress, signal };
    return await loader.loadOfficial(folder, network);
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    if (error.unreachable && given !== undefined) {
      throw new DataError(`${given} holds no ${name}, nor does the cache. ${error.message} ${wanted}`);
    }
    if (!error.unreachable || options.standIn === false)
      throw new DownloadError(`${error.message} Try later, or give the data by --data. ${wanted}`);
    const standIn = loader.drawStandIn();
    notice(
      `${error.message} The procedural stand-in serves instead of ${name}: ${standIn.train.count} + ${standIn.test.count} ${loader.drawings} drawn by code, whose numbers can't be compared. Give the real one by --data.`,
    );
    return standIn;
  }
}
