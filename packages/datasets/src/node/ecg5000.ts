import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DataError, type SeriesDataset, type SeriesSplit } from '../dataset.ts';
import { DATASETS } from '../datasets.ts';
import {
  ECG_CSV,
  ECG_CSV_COUNT,
  ECG_FILES,
  ECG_ID,
  ECG_MIRRORS,
  ECG_PAIR,
  ecg5000,
  joinBeats,
  parseEcgCsv,
  parseUcr,
} from '../ecg5000.ts';
import { decodeText } from '../text.ts';
import { loadPublished } from './cache.ts';
import type { PublishedFile } from './download.ts';
import { listFolder, readWhole } from './folder.ts';
import { type LoadOptions, load } from './load.ts';
import { clauseOf, type VerifiedFile, verifyChecksums } from './verify.ts';

const WANTED = `Expected a folder with ${ECG_PAIR.join(' and ')}, a folder that contains it as ${ECG_ID}, or the file ${ECG_CSV}.`;

/** No checksum is known, so the file counts as complete if all of it can be read. */
const PUBLISHED: PublishedFile = { name: ECG_CSV, findFault };

/**
 * Loads ECG5000 as `load` does. `data` is a file in the format of `ecg.csv`, or a folder with the pair of the UCR
 * archive or else `ecg.csv`, directly or in its subfolder `ecg5000`. `dataDir` is such a folder.
 *
 * @throws DataError if a given path or a file in it is wrong, or if it does not contain ECG5000 and no server can be
 *   reached
 * @throws DownloadError if the server answers, but not with the right file
 */
export function loadEcg5000(options: LoadOptions): Promise<SeriesDataset> {
  return load(
    {
      dataset: DATASETS[ECG_ID],
      wanted: WANTED,
      readGiven: async (path) => {
        const found = await findEcg5000(path);
        return found === undefined ? undefined : ecg5000(await read(found, options.notice), 'files');
      },
      loadOfficial: async (folder, network) => {
        const { source, contents } = await loadPublished([PUBLISHED], ECG_MIRRORS, folder, network);
        return ecg5000(parseEcgCsv(decodeText(contents[0]!, join(folder, ECG_CSV)), join(folder, ECG_CSV)), source);
      },
    },
    options,
  );
}

/** The problem with the content of the published `ecg.csv`, as the end of a sentence; undefined if there is none. */
function findFault(content: Uint8Array): string | undefined {
  try {
    const { count } = parseEcgCsv(decodeText(content, ECG_CSV), ECG_CSV);
    return count === ECG_CSV_COUNT ? undefined : `it contains ${count} beats instead of ${ECG_CSV_COUNT}`;
  } catch (error) {
    if (error instanceof DataError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

/** The file, or the folder with the pair or `ecg.csv`, at or in `path`; undefined if there is no ECG5000. */
export async function findEcg5000(path: string): Promise<string | undefined> {
  const about = await stat(path).catch(() => undefined); // listFolder reports unreadable paths
  if (about?.isFile()) return path;
  const entries = await listFolder(path, 'ECG5000 is two files');
  if ([...ECG_PAIR, ECG_CSV].some((name) => entries.includes(name))) return path;
  return entries.includes(ECG_ID) ? join(path, ECG_ID) : undefined;
}

/** Reads the beats at the path from `findEcg5000`. */
async function read(path: string, notice: (message: string) => void): Promise<SeriesSplit> {
  if ((await stat(path)).isFile()) {
    if (!ECG_PAIR.includes(basename(path))) return parseEcgCsv(await readText(path), path, notice);
    throw new DataError(`${path} is one of two files, ${ECG_PAIR.join(' and ')}: give the folder that contains both.`);
  }
  const entries = await listFolder(path, 'ECG5000 is two files');
  const [first, second] = ECG_PAIR;
  if (entries.includes(first) || entries.includes(second)) {
    const missing = ECG_PAIR.find((name) => !entries.includes(name));
    if (missing !== undefined) {
      throw new DataError(`${path} lacks ${missing}, one of the 2 files of ECG5000. Add it.`);
    }
    const train = parseUcr(await readText(join(path, first)), join(path, first), notice);
    return joinBeats(train, parseUcr(await readText(join(path, second)), join(path, second), notice));
  }
  if (!entries.includes(ECG_CSV)) throw new DataError(`${path} does not contain ECG5000. ${WANTED}`);
  return parseEcgCsv(await readText(join(path, ECG_CSV)), join(path, ECG_CSV), notice);
}

async function readText(path: string): Promise<string> {
  return decodeText(await readWhole(path), path);
}

/** Compares the pair with its MD5 sums, or else counts the beats of `ecg.csv`, for which no checksum is known. */
export async function verifyEcg5000(path: string): Promise<VerifiedFile[]> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder && (await readdir(path)).some((name) => ECG_PAIR.includes(name)))
    return verifyChecksums(path, ECG_FILES);
  const csv = isFolder ? join(path, ECG_CSV) : path;
  const file = basename(csv);
  try {
    const fault = findFault(await readWhole(csv));
    if (fault === undefined) return [{ file, state: 'ok', detail: `${ECG_CSV_COUNT} beats` }];
    return [{ file, state: 'bad', detail: fault }];
  } catch (error) {
    return [{ file, state: 'bad', detail: clauseOf(error) }];
  }
}
