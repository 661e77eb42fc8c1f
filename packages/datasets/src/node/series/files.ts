import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, parse, sep } from 'node:path';
import { DataError } from '../../dataset.ts';
import { parseNpy } from '../../npy.ts';
import { parseDelimited } from '../../series/delimited-text.ts';
import { fromSeries, fromTable } from '../../series/from-table.ts';
import { joinRecordings } from '../../series/join.ts';
import type { RecordingSet } from '../../series/recording.ts';
import { isWordColumn, type SeriesOptions } from '../../series/roles.ts';
import { parseTs } from '../../series/ts-file.ts';
import { decodeText } from '../../text.ts';
import { errorCode } from '../folder.ts';
import { fromArrays } from './arrays.ts';
import { isForDuckdb, queryByDuckdb, readByDuckdb } from './duckdb.ts';
import { parseNpz } from './npz.ts';

/** Largest sizes in bytes of a text file, which becomes one string, and of a binary file of numbers. */
const LARGEST = { text: 2 ** 28, numbers: 2 ** 31 - 1 };

export interface ReadSeriesOptions extends SeriesOptions {
  /** SQL for DuckDB. */
  readonly query?: string | undefined;
  /** The base of relative paths in the query. */
  readonly folder: string;
  /** The name of a path in messages. */
  readonly nameOf: (path: string) => string;
}

/**
 * Reads series and recordings. The file extension selects the format: CSV and other delimited text, Parquet, JSON
 * lines, `.npy`, `.npz` or `.ts`. Files with another extension are read as text.
 *
 * @param paths absolute; `*` and `?` in a name are wildcards, as in a shell
 * @throws DataError if a file can't be read or does not fit the options, or if files do not fit each other
 */
export async function readSeries(paths: readonly string[], options: ReadSeriesOptions): Promise<RecordingSet> {
  const files = (await Promise.all(paths.map(expanded))).flat();
  const { query, folder } = options;
  if (query !== undefined) {
    for (const path of files) await checkFile(path, options);
    return fromTable(
      await queryByDuckdb(
        query,
        files.map((path) => ({ path, ending: endingOf(path) })),
        folder,
      ),
      options,
    );
  }
  if (files.length === 0) throw new DataError('There is no data: give files with --data.');
  const sets: RecordingSet[] = [];
  for (const path of files) sets.push(await readOne(path, options));
  return joinRecordings(sets);
}

export const endingOf = (path: string): string => extname(path).toLowerCase();

async function readOne(path: string, options: ReadSeriesOptions): Promise<RecordingSet> {
  const name = options.nameOf(path);
  const ending = endingOf(path);
  const bytes = await checkFile(path, options);
  if (isForDuckdb(ending)) return fromTable(await readByDuckdb(path, ending, name), options);
  const isArray = ending === '.npy' || ending === '.npz';
  const largest = isArray ? LARGEST.numbers : LARGEST.text;
  if (bytes > largest)
    throw new DataError(
      `${name} has ${bytes} bytes; files of this format may have at most ${largest}. Parquet files may be larger.`,
    );
  const content = await readFile(path);
  if (ending === '.npy') return fromArrays(new Map([['array', parseNpy(content, name)]]), name, options);
  if (ending === '.npz') return fromArrays(parseNpz(content, name), name, options);
  if (content.includes(0) && content[0] !== 0xff && content[0] !== 0xfe)
    throw new DataError(`${name} is not text, and its extension is not that of another series format.`);
  const text = decodeText(content, name);
  if (ending === '.ts') return fromSeries(parseTs(text, name), name, options);
  return fromTable(parseDelimited(text, name, isWordColumn(options)), options);
}

/** The file's size in bytes. @throws DataError if the file does not exist or can't be read */
export async function checkFile(path: string, { nameOf }: ReadSeriesOptions): Promise<number> {
  const about = await stat(path).catch(() => undefined);
  if (about === undefined) throw new DataError(`${nameOf(path)} can't be read: there is no such file.`);
  if (!about.isFile())
    throw new DataError(
      `${nameOf(path)} is not a file. For the files in a folder, give a pattern such as '${nameOf(join(path, '*.csv'))}'.`,
    );
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new DataError(`${nameOf(path)} can't be read (${errorCode(error)}).`);
  });
  return about.size;
}

/** The files that match a path with `*` and `?`, sorted. @throws DataError if none match */
export async function expanded(path: string): Promise<string[]> {
  if (!/[*?]/.test(path) || (await stat(path).catch(() => undefined)) !== undefined) return [path];
  const found = await matches(path);
  if (found.length === 0) throw new DataError(`No file matches ${path}.`);
  return found;
}

async function matches(path: string): Promise<string[]> {
  const { root } = parse(path);
  let folders = [root];
  for (const part of path.slice(root.length).split(sep)) {
    if (!/[*?]/.test(part)) {
      folders = folders.map((folder) => join(folder, part));
      continue;
    }
    const pattern = new RegExp(
      `^${part
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    );
    const entries = await Promise.all(
      folders.map(async (folder) => {
        const names = await readdir(folder).catch(() => []);
        return names
          .filter((name) => !name.startsWith('.') && pattern.test(name))
          .sort()
          .map((name) => join(folder, name));
      }),
    );
    folders = entries.flat();
  }
  return folders;
}
