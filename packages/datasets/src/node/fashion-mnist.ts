import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError, type ImageDataset, type NamedBytes } from '../dataset.ts';
import { DATASETS } from '../datasets.ts';
import {
  classNames,
  FASHION_FILES,
  FASHION_ID,
  FASHION_MIRRORS,
  type FashionFile,
  type FashionPart,
  fashionMnist,
} from '../fashion-mnist.ts';
import { loadPublished } from './cache.ts';
import { errorCode, LARGEST, listFolder, plain, readWhole } from './folder.ts';
import { type LoadOptions, load } from './load.ts';
import { type VerifiedFile, verifyChecksums } from './verify.ts';

/**
 * Loads Fashion-MNIST as `load` does. `data` is the folder with the four files (gzip-compressed or not), or a folder
 * that contains it as `fashion-mnist`. The same applies to `dataDir`.
 *
 * @throws DataError if a given path or a file in it is wrong, or if it does not contain Fashion-MNIST and no server can
 *   be reached
 * @throws DownloadError if the mirrors answer, but none with the right file
 */
export function loadFashionMnist(options: LoadOptions): Promise<ImageDataset> {
  return load(
    {
      dataset: DATASETS[FASHION_ID],
      wanted: `Expected a folder with ${FASHION_FILES.map((file) => file.name).join(', ')}, or a folder that contains it as ${FASHION_ID}.`,
      readGiven: async (path) => {
        const folder = await findFashionMnist(path);
        if (folder === undefined) return undefined;
        const parts = await readFolder(folder);
        const images = [parts.trainImages.bytes, parts.testImages.bytes];
        return fashionMnist(parts, 'files', await classNames(images));
      },
      loadOfficial: async (folder, network) => {
        const files = FASHION_FILES.map((file) => ({
          ...file,
          findFault: (bytes: Uint8Array) => findFault(file, bytes),
        }));
        const { source, contents } = await loadPublished(files, FASHION_MIRRORS, folder, network);
        const parts = await readParts((file, i) => decompress(file, join(folder, file.name), contents[i]!));
        return fashionMnist(parts, source);
      },
    },
    options,
  );
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

function findFault(file: FashionFile, bytes: Uint8Array): string | undefined {
  const sum = md5(bytes);
  return sum === file.md5 ? undefined : `its MD5 is ${sum} instead of ${file.md5}`;
}

/** `path` itself, `fashion-mnist` in it, or the folder that torchvision uses; undefined if none has the files. */
export async function findFashionMnist(path: string): Promise<string | undefined> {
  const entries = new Set(await listFolder(path, 'Fashion-MNIST is four files'));
  if (FASHION_FILES.some((file) => spellings(file).some((name) => entries.has(name)))) return path;
  if (entries.has(FASHION_ID)) return join(path, FASHION_ID);
  const raw = [join('FashionMNIST', 'raw'), 'raw'].map((folder) => join(path, folder));
  return raw.find((folder) =>
    FASHION_FILES.some((file) => spellings(file).some((name) => existsSync(join(folder, name)))),
  );
}

/** Compares the four files of a folder with their MD5 sums. */
export const verifyFashionMnist = (folder: string): Promise<VerifiedFile[]> => verifyChecksums(folder, FASHION_FILES);

/** Reads the four files of a folder, each gzip-compressed or not, and decompresses them. */
async function readFolder(folder: string): Promise<Record<FashionPart, NamedBytes>> {
  const entries = new Set(await listFolder(folder, 'Fashion-MNIST is four files'));
  const found = FASHION_FILES.map((file) => spellings(file).find((name) => entries.has(name)));
  const missing = FASHION_FILES.filter((_, i) => found[i] === undefined).map((file) => file.name);
  if (missing.length > 0) {
    throw new DataError(
      `${folder} lacks ${missing.length} of the 4 files of Fashion-MNIST: ${missing.join(', ')}. Add them, compressed or not (without .gz).`,
    );
  }
  return readParts(async (file, i) => {
    const path = join(folder, found[i]!);
    return decompress(file, path, await readWhole(path));
  });
}

/** Runs `read` for the four files and names the results by part. */
async function readParts(
  read: (file: FashionFile, index: number) => Promise<NamedBytes>,
): Promise<Record<FashionPart, NamedBytes>> {
  const parts = await Promise.all(FASHION_FILES.map(async (file, i) => [file.part, await read(file, i)] as const));
  return Object.fromEntries(parts) as Record<FashionPart, NamedBytes>;
}

/**
 * The possible names of a file in a user's folder: compressed or not, and with a dot as 7-Zip and Windows unpack it.
 */
function spellings({ name }: FashionFile): string[] {
  return [name, name.replace('-idx', '.idx')].flatMap((packed) => [packed, packed.replace('.gz', '')]);
}

/** The content of a gzip-compressed file. A file that does not start like gzip is returned unchanged. */
async function decompress(file: FashionFile, path: string, bytes: Uint8Array): Promise<NamedBytes> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { name: path, bytes };
  try {
    return { name: path, bytes: plain(await promisify(gunzip)(bytes, { maxOutputLength: LARGEST })) };
  } catch (error) {
    const fault = gzipFault(errorCode(error), bytes.length);
    throw new DataError(`${path} ${fault}. The official file has ${file.bytes} bytes. Get a fresh copy.`);
  }
}

function gzipFault(code: string, length: number): string {
  if (code === 'ERR_BUFFER_TOO_LARGE') return `decompresses to more than the ${LARGEST} bytes that are accepted`;
  if (code === 'Z_BUF_ERROR') return `is truncated: its gzip stream ends after ${length} bytes`;
  return `is damaged: its gzip stream of ${length} bytes can't be decompressed (${code})`;
}
