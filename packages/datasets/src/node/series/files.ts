import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, parse, sep } from 'node:path';
import { DataError } from '../../dataset.ts';
import { parseNpy } from '../../npy.ts';
import { parseDelimited } from '../../series/delimited-text.ts';
import { fromSeries, fromTable, isWordColumn, joinRecordings, type SeriesOptions } from '../../series/from-table.ts';
import type { RecordingSet } from '../../series/recording.ts';
import { parseTs } from '../../series/ts-file.ts';
import { decodeText } from '../../text.ts';
import { fromArrays } from './arrays.ts';
import { isForDuckdb, queryByDuckdb, readByDuckdb } from './duckdb.ts';
import { parseNpz } from './npz.ts';

/** Bytes of a file of text, which becomes one string, and of one of numbers. */
const LARGEST = { text: 2 ** 28, numbers: 2 ** 31 - 1 };

export interface ReadSeriesOptions extends SeriesOptions {
  /** SQL for DuckDB. */
  readonly query?: string | undefined;
  /** Where relative paths in the query begin. */
  readonly folder: string;
  /** How messages call a path. */
  readonly nameOf: (path: string) => string;
}

/**
 * Reads series and recordings: CSV and other delimited text, Parquet, lines of JSON, `.npy`, `.npz` and `.ts` files, by the ending of their
 * names; what has another ending is read as text.
 *
 * @param paths absolute; `*` and `?` in a name stand for what they do in a shell
 * @throws DataError if a file can't be read or does not fit the options, or files do not fit each other
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
  if (files.length === 0) throw new DataError('There is no data: give files by --data.');
  const sets: RecordingSet[] = [];
  for (const path of files) sets.push(await readOne(path, options));
  return joinRecordings(sets);
}

const endingOf = (path: string): string => extname(path).toLowerCase();

async function readOne(path: string, options: ReadSeriesOptions): Promise<RecordingSet> {
  const name = options.nameOf(path);
  const ending = endingOf(path);
  const bytes = await checkFile(path, options);
  if (isForDuckdb(ending)) return fromTable(await readByDuckdb(path, ending, name), options);
  const isArray = ending === '.npy' || ending === '.npz';
  const largest = isArray ? LARGEST.numbers : LARGEST.text;
  if (bytes > largest)
    throw new DataError(
      `${name} has ${bytes} bytes; at most ${largest} of such a file are read. Parquet files may be larger.`,
    );
  const content = await readFile(path);
  if (ending === '.npy') return fromArrays(new Map([['array', parseNpy(content, name)]]), name, options);
  if (ending === '.npz') return fromArrays(parseNpz(content, name), name, options);
  if (content.includes(0) && content[0] !== 0xff && content[0] !== 0xfe)
    throw new DataError(`${name} is no text, and no other file of series by its name.`);
  const text = decodeText(content, name);
  if (ending === '.ts') return fromSeries(parseTs(text, name), name, options);
  return fromTable(parseDelimited(text, name, isWordColumn(options)), options);
}

/** Its bytes. @throws DataError if there is no such file */
async function checkFile(path: string, { nameOf }: ReadSeriesOptions): Promise<number> {
  const about = await stat(path).catch(() => undefined);
  if (about === undefined) throw new DataError(`${nameOf(path)} can't be read: there is no such file.`);
  if (!about.isFile())
    throw new DataError(
      `${nameOf(path)} is no file. Files of a folder are given by a pattern, as in '${nameOf(join(path, '*.csv'))}'.`,
    );
  return about.size;
}

/** The files that a path with `*` and `?` stands for, sorted. @throws DataError if there is none */
async function expanded(path: string): Promise<string[]> {
  if (!/[*?]/.test(path) || (await stat(path).catch(() => undefined)) !== undefined) return [path];
  const found = await matches(path);
  if (found.length === 0) throw new DataError(`No file has a name like ${path}.`);
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
