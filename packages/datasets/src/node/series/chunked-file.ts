import type { RecordingSet, SeriesChunk } from '../../series/recording.ts';

/** A range of a file's bytes, from `from` to before `to`. A row belongs to it if the row begins in it. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A file of series whose rows can be read one after the other. */
export interface ChunkedFile {
  /** Layout and channels, with one of its recordings, or a part of one. */
  readonly form: RecordingSet;
  /** The number of rows. */
  count(): Promise<number>;
  /**
   * The rows of a range. In files that are not text, a range of bytes stands for the same share of the rows. Rows
   * before and after the range are its context.
   *
   * @param context largest number of rows before and after the range
   */
  chunks(range: ByteRange, context: number): AsyncGenerator<SeriesChunk>;
}

/** Largest number of rows, and of numbers, in a chunk. */
const MOST = { rows: 4096, numbers: 2 ** 20 };

export const rowsAtOnce = (columns: number): number =>
  Math.max(1, Math.min(MOST.rows, Math.floor(MOST.numbers / columns)));

/** Consecutive rows to read, from `start` to before `end`. */
export interface Stretch extends Pick<SeriesChunk, 'place'> {
  readonly start: number;
  readonly end: number;
}

/** The rows to read for a range of a file with `count` rows in `bytes` bytes. */
export function stretchesOf(count: number, bytes: number, { from, to }: ByteRange, context: number): Stretch[] {
  const rowAt = (at: number): number => (at >= bytes ? count : Math.floor((count * at) / bytes));
  const [start, end] = [rowAt(from), rowAt(to)];
  const stretches: Stretch[] = [
    { place: 'before', start: Math.max(0, start - context), end: start },
    { place: 'within', start, end },
    { place: 'after', start: end, end: Math.min(count, end + context) },
  ];
  return stretches.filter((own) => own.start < own.end);
}

/** A set with only its first recording. */
export const formOf = (set: RecordingSet): RecordingSet => ({ ...set, recordings: set.recordings.slice(0, 1) });

/** The last time of a recording. */
export const lastTime = ({ recordings }: RecordingSet): string | undefined => recordings.at(-1)?.times?.at(-1);
