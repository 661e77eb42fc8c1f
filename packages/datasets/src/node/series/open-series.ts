import { joinRecordings, ordered } from '../../series/join.ts';
import type { RecordingSet, SeriesChunk, SeriesFile } from '../../series/recording.ts';
import { type Shard, shardRange } from '../shard.ts';
import type { ByteRange, ChunkedFile } from './chunked-file.ts';
import { isForDuckdb } from './duckdb.ts';
import { openDuckdbFile } from './duckdb-file.ts';
import { checkFile, endingOf, expanded, type ReadSeriesOptions } from './files.ts';
import { openNpyFile } from './npy-file.ts';
import { TextFile } from './text-file.ts';

/** Files of series that are read in chunks, so that they need not fit in memory. */
export interface OpenSeries extends Pick<RecordingSet, 'layout' | 'channels' | 'fromColumns'> {
  /** The number of files. */
  readonly count: number;
  /**
   * The files with rows in a shard, or all files. Series are numbered over all files, instants in each file.
   *
   * @param context for recordings, the number of instants to read before and after those of the shard
   * @throws DataError if a row can't be read, or files do not fit each other
   */
  files(shard?: Shard, context?: number): AsyncIterable<SeriesFile>;
}

interface Located {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
}

/**
 * Opens files as {@link readSeries} does, and reads their first rows.
 *
 * @returns undefined if the files have to be read whole: for a query, recordings with ids or filled gaps, and `.npz`,
 *   `.ts` and some `.npy` files
 * @throws DataError if a file can't be read, or the first one does not fit the options
 */
export async function openSeries(
  paths: readonly string[],
  options: ReadSeriesOptions,
): Promise<OpenSeries | undefined> {
  if (options.query !== undefined || options.id !== undefined || paths.length === 0) return undefined;
  const located: Located[] = [];
  for (const path of (await Promise.all(paths.map(expanded))).flat())
    located.push({ path, name: options.nameOf(path), bytes: await checkFile(path, options) });
  for (const own of located.toReversed()) if (!(await canOpen(own, options))) return undefined;
  const form = (await openOne(located[0]!, options))!.form;
  if (form.layout === 'recording' && options.fill !== undefined) return undefined;
  const bytes = located.reduce((sum, own) => sum + own.bytes, 0);
  return {
    layout: form.layout,
    channels: form.channels,
    fromColumns: form.fromColumns,
    count: located.length,
    files: (shard, context = 0) => {
      const { start, end } = shardRange(bytes, shard);
      return filesIn(located, options, form, { from: start, to: end }, form.layout === 'recording' ? context : 0);
    },
  };
}

async function canOpen(file: Located, options: ReadSeriesOptions): Promise<boolean> {
  const ending = endingOf(file.path);
  return ending === '.npy' ? (await openOne(file, options)) !== undefined : !['.npz', '.ts'].includes(ending);
}

async function openOne({ path, name, bytes }: Located, options: ReadSeriesOptions): Promise<ChunkedFile | undefined> {
  const ending = endingOf(path);
  if (ending === '.npy') return openNpyFile(path, name, bytes, options);
  return isForDuckdb(ending) ? openDuckdbFile(path, ending, name, bytes, options) : TextFile.open(path, name, options);
}

/** @param range a range of the bytes of all files together */
async function* filesIn(
  located: readonly Located[],
  options: ReadSeriesOptions,
  form: RecordingSet,
  { from, to }: ByteRange,
  context: number,
): AsyncGenerator<SeriesFile> {
  let start = 0;
  let rows = 0;
  for (const own of located) {
    const range = { from: Math.max(0, from - start), to: to - start };
    start += own.bytes;
    if (range.to <= 0) return;
    const file = (await openOne(own, options))!;
    joinRecordings([form, file.form]);
    let end = 0;
    async function* chunks(before: number): AsyncGenerator<SeriesChunk> {
      for await (const chunk of file.chunks(range, context)) {
        end = chunk.first + (chunk.layout === 'series' ? chunk.recordings.length : 0);
        yield { ...ordered(chunk, form), first: chunk.first + before };
      }
    }
    if (range.from < own.bytes) yield { name: own.name, chunks: chunks(form.layout === 'series' ? rows : 0) };
    if (form.layout === 'series' && range.to > own.bytes) rows += end === 0 ? await file.count() : end;
  }
}
