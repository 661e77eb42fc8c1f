import { basename } from 'node:path';
import { namesOf } from '../cartoon-set.ts';
import { DataError } from '../dataset.ts';
import type { FileSource } from './file-source.ts';
import { PngPool } from './png-pool.ts';
import type { Decoded } from './png-worker.ts';
import { preparedShards } from './prepared-shards.ts';
import { type Shards, ShardWriter, writeIndex } from './shards.ts';

export interface PrepareOptions {
  /** Height and width of the images. */
  readonly imageSize: number;
  /** Whether an image that can't be decoded throws. */
  readonly strict: boolean;
  /** The compiled `png-worker`. */
  readonly workerUrl: URL;
  readonly notice: (message: string) => void;
  /** Receives the amounts of the source done and in total. */
  readonly progress: ((what: string, done: number, total: number) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The images of a source as shards, from an earlier run or else decoded now. New shards are written to a temporary
 * folder that is renamed when complete, so that concurrent processes don't see each other's partial results. The first
 * to finish wins.
 *
 * @param cache the folder that contains the folders of shards
 * @throws DataError if the source is broken or has no image that can be decoded, or if the cache can't be written
 */
export function prepareImages(cache: string, source: FileSource, options: PrepareOptions): Promise<Shards> {
  const { imageSize, notice } = options;
  return preparedShards(cache, source, `${imageSize}`, notice, (folder) => decodeAll(folder, source, options));
}

async function decodeAll(folder: string, source: FileSource, options: PrepareOptions): Promise<void> {
  const { imageSize, strict, signal, progress } = options;
  const what = basename(source.path);
  options.notice(
    `Decoding ${source.path} to ${imageSize}x${imageSize}. This happens once; later runs read the images from the cache.`,
  );
  const pool = new PngPool(options.workerUrl, imageSize);
  const writer = new ShardWriter(folder);
  const paths: string[] = [];
  const skipped: { name: string; fault: string }[] = [];
  const pending: { path: string; decoded: Promise<Decoded> }[] = [];
  const storeNext = async () => {
    const { path, decoded } = pending.shift()!;
    const result = await decoded;
    if (typeof result === 'string') {
      skipped.push({ name: basename(path), fault: result });
      if (strict) throw strictError(source.path, skipped);
    } else {
      await writer.append(result);
      paths.push(path);
    }
  };
  try {
    for await (const { path, content } of source.files((done, total) => progress?.(what, done, total))) {
      signal?.throwIfAborted();
      const decoded = typeof content === 'string' ? Promise.resolve(content) : pool.decode(content);
      decoded.catch(() => undefined); // storeNext reports the failure, unless another one comes first
      pending.push({ path, decoded });
      if (pending.length >= pool.capacity) await storeNext();
    }
    while (pending.length > 0) await storeNext();
  } finally {
    await pool.close();
    await writer.close();
  }
  if (paths.length === 0) {
    throw skipped.length === 0
      ? new DataError(`${source.path} contains no PNG files. Give an archive with the images.`)
      : new DataError(`${source.path} contains no image that can be decoded: ${listFaults(skipped)}.`);
  }
  await writeIndex(folder, { rowBytes: imageSize * imageSize * 3, names: namesOf(paths), skipped });
}

/** The error that `--strict` throws if images can't be decoded. */
export function strictError(path: string, skipped: readonly { name: string; fault: string }[]): DataError {
  return new DataError(
    `${path} contains images that can't be decoded: ${listFaults(skipped)}. Get fresh copies, or omit --strict to skip them.`,
  );
}

/** Names the first few: "a.png is empty; b.png is not a PNG; c.png lacks pixels; and 3 more". */
export function listFaults(skipped: readonly { name: string; fault: string }[]): string {
  const named = skipped.slice(0, 3).map(({ name, fault }) => `${name} ${fault}`);
  if (skipped.length > named.length) named.push(`and ${skipped.length - named.length} more`);
  return named.join('; ');
}
