import { join } from 'node:path';
import { DataError, type ImageDataset } from '../dataset.ts';
import { FASHION_FILES, FASHION_ID, type FashionFile, fashionMnist } from '../fashion-mnist.ts';
import { proceduralFashion } from '../procedural-fashion.ts';
import { defaultCacheDir, readCached, writeCached } from './cache.ts';
import { DownloadError, downloadAll, type Network } from './download.ts';
import { decompress, findFashionMnist, readFashionMnist, readParts } from './folder.ts';

export { DownloadError, defaultCacheDir };

const WANTED = `Wanted is a folder with ${FASHION_FILES.map((file) => file.name).join(', ')}, or one that holds it as ${FASHION_ID}.`;

export interface LoadOptions {
  /** The folder that holds the four files (gzip-compressed or not), or one that holds it as `fashion-mnist`. */
  data?: string | undefined;
  /** Where datasets lie; looked into if there is no `data`. */
  dataDir?: string | undefined;
  /** Where downloads are kept, default `defaultCacheDir(process.env)`. */
  cacheDir?: string | undefined;
  /** Hears, in sentences for the user, what is fetched from where, what is amiss, and that the stand-in serves. */
  notice: (message: string) => void;
  /** Hears how many bytes of a file have come. */
  progress?: ((file: string, received: number, total: number) => void) | undefined;
  /** Stops downloads; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Default: the platform's. */
  fetch?: typeof fetch | undefined;
}

/**
 * Fashion-MNIST from `data`, else `dataDir`, else the cache, else the network. If nobody answers there and no path was
 * given, the procedural stand-in serves; `source` tells.
 *
 * @throws DataError if a given path, or a file in it, is wrong, or if a given path holds no Fashion-MNIST and nobody answers
 * @throws DownloadError if the mirrors answer, but none with the right file
 */
export async function loadFashionMnist(options: LoadOptions): Promise<ImageDataset> {
  const { data, dataDir, cacheDir = defaultCacheDir(process.env), notice, progress, signal } = options;
  const given = data ?? dataDir;
  if (given !== undefined) {
    const folder = await findFashionMnist(given);
    if (folder !== undefined) return fashionMnist(await readFashionMnist(folder), 'files');
    if (data !== undefined) throw new DataError(`${data} holds no Fashion-MNIST. ${WANTED}`);
  }
  try {
    return await loadOfficial(join(cacheDir, FASHION_ID), { fetch: options.fetch ?? fetch, notice, progress, signal });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    if (!error.unreachable)
      throw new DownloadError(`${error.message} Try later, or give a folder with the four files by --data.`);
    if (given !== undefined) {
      throw new DataError(`${given} holds no Fashion-MNIST, nor does the cache. ${error.message} ${WANTED}`);
    }
    const standIn = proceduralFashion();
    notice(
      `${error.message} The procedural stand-in serves instead of Fashion-MNIST: ${standIn.train.count} + ${standIn.test.count} garments drawn by code, whose numbers can't be compared. Give the real one by --data.`,
    );
    return standIn;
  }
}

/** The official files out of the cache; those that are not there, or damaged, are downloaded into it. */
async function loadOfficial(folder: string, network: Network): Promise<ImageDataset> {
  const have = new Map<FashionFile, Uint8Array>();
  const missing: FashionFile[] = [];
  for (const file of FASHION_FILES) {
    const bytes = await readCached(folder, file, network.notice);
    if (bytes) have.set(file, bytes);
    else missing.push(file);
  }
  await downloadAll(missing, network, async (file, bytes) => {
    await writeCached(folder, file, bytes, network.notice);
    have.set(file, bytes);
  });
  const parts = await readParts((file) => decompress({ name: join(folder, file.name), bytes: have.get(file)! }));
  return fashionMnist(parts, missing.length === 0 ? 'cache' : 'download');
}
