import { basename } from 'node:path';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { DataError } from '../../dataset.ts';
import { BrokenArchiveError, pathInArchive, tooLarge, type Wanted } from '../file-source.ts';
import type { ImageSource } from './source.ts';

/** The name of a folder in an archive ends in a slash. */
const isFolder = ({ fileName }: Entry): boolean => fileName.endsWith('/');

/** The bytes of an entry; yauzl enforces its declared size. */
export async function readEntry(zip: ZipFile, entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Yields the results of `read` for the entries of an archive. @throws DataError if it is damaged */
export async function* entriesOf<Item>(
  path: string,
  read: (zip: ZipFile, entry: Entry, index: number) => Promise<Item | undefined>,
): AsyncGenerator<Item> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { autoClose: false });
    let index = 0;
    for await (const entry of zip.eachEntry()) {
      const item = await read(zip, entry, index++);
      if (item !== undefined) yield item;
    }
  } catch (error) {
    throw error instanceof DataError ? error : brokenZip(path, error);
  } finally {
    zip?.close();
  }
}

function brokenZip(path: string, error: unknown): DataError {
  const message = error instanceof Error ? error.message : String(error);
  const outside = /^(?:invalid relative path|absolute path): (.*)$/.exec(message)?.[1];
  if (outside !== undefined)
    return new DataError(
      `${path} contains a file that would be outside its folder, ${JSON.stringify(outside)}. Recreate the archive without it, or get another one.`,
    );
  return new BrokenArchiveError(`${path} is damaged or cut short, as a zip archive: ${message}. Get a fresh copy.`);
}

/** The files in a zip archive. */
export function openZip(path: string, fingerprint: string, wanted: Wanted): ImageSource {
  return {
    path,
    fingerprint,
    files: (progress, most = Number.POSITIVE_INFINITY) =>
      entriesOf(path, async (zip, entry, index) => {
        const step = Math.max(1, Math.floor(zip.entryCount / most));
        if (index % step !== 0 || isFolder(entry)) return undefined;
        const found = pathInArchive(path, entry.fileName);
        const name = basename(found);
        const foreign = wanted.refuses(name);
        progress(index + 1, zip.entryCount);
        if (foreign !== undefined) return { path: found, content: foreign };
        if (!wanted.accepts(name) || found.startsWith('__MACOSX/')) return undefined;
        if (entry.uncompressedSize > wanted.largest)
          return { path: found, content: tooLarge(entry.uncompressedSize, wanted.largest) };
        if (entry.isEncrypted()) return { path: found, content: 'is encrypted' };
        // A damaged entry is one bad image; a damaged directory ends the reading.
        const content = await readEntry(zip, entry).catch(() => 'is damaged in the archive');
        return { path: found, content };
      }),
  };
}
