import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { makeFolder } from '@hourglass/files';
import { DataError } from '../dataset.ts';
import {
  announcedLength,
  announcement,
  chunks,
  connectionError,
  DownloadError,
  type Network,
  STALL,
} from './download.ts';
import { errorCode } from './folder.ts';

/**
 * Downloads a gzip file that does not fit in memory. The file gets its final name when it is complete.
 *
 * @param path the destination
 * @throws DownloadError if the server can't be reached or does not send the whole file; the signal's reason if it was
 *   aborted
 * @throws DataError if the file can't be written
 */
export async function downloadToFile(url: URL, path: string, network: Network): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await makeFolder(dirname(path));
    const file = await open(temporary, 'wx');
    try {
      await receive(url, file, basename(path), network);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new DataError(`${path} can't be written (${errorCode(error)}). Choose another folder with --cache-dir.`);
  }
}

async function receive(url: URL, file: FileHandle, name: string, network: Network): Promise<void> {
  const { notice, progress, signal } = network;
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), STALL);
  let response: Response | undefined;
  try {
    signal?.throwIfAborted();
    response = await network.fetch(url, {
      signal: signal ? AbortSignal.any([stop.signal, signal]) : stop.signal,
      headers: { 'accept-encoding': 'identity' }, // the .tgz file itself, not its decompressed content
    });
    if (!response.ok) throw new DownloadError(`${url.href} answered HTTP ${response.status}.`);
    const length = announcedLength(response);
    notice(announcement(name, url, length));
    if (response.redirected) notice(`${url.host} redirected to ${response.url}`);
    let received = 0;
    for await (const chunk of chunks(response)) {
      clearTimeout(timer);
      if (received === 0 && chunk[0] !== 0x1f) {
        throw new DownloadError(
          `${url.href} did not send a gzip file; the network may require a log-in in the browser first.`,
        );
      }
      await file.writeFile(chunk);
      received += chunk.length;
      if (length !== undefined) progress?.(name, received, length);
      timer = setTimeout(() => stop.abort(), STALL);
    }
    if (received !== (length ?? received)) {
      throw new DownloadError(`${url.href} ended after ${received} of ${length} bytes.`);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DownloadError || (error instanceof Error && 'syscall' in error)) throw error;
    throw connectionError(url, error, stop.signal.aborted, response !== undefined);
  } finally {
    clearTimeout(timer);
    stop.abort(); // releases a body that was not read to its end
  }
}
