/** One series, or one long recording to cut windows from. */
export interface Recording {
  /** Its name in messages: a file, or a series in a file. */
  readonly name: string;
  /** The file it came from. */
  readonly file: string;
  /** What identifies it among the series of a table, if a column does. */
  readonly id?: string | undefined;
  /** Number of instants. */
  readonly length: number;
  /** Row-major [length, channels]. */
  readonly values: Float32Array;
  /** For each instant, 1 normal or 0 abnormal; undefined without labels. */
  readonly normal: Uint8Array | undefined;
  /** The time of each instant as written in the file; undefined: instants are numbered from 0. */
  readonly times: readonly string[] | undefined;
  /** The number of its first instant, if it is a part of a longer recording; default 0. */
  readonly first?: number;
}

/** `series`: each recording is one sample, and all have the same length. `recording`: windows are cut from it. */
export type Layout = 'series' | 'recording';

/** How often each word occurs. */
export type Counts = ReadonlyMap<string, number>;

/** The most frequent words, for messages. */
export function listCounts(counts: Counts): string {
  const values = [...counts].sort((a, b) => b[1] - a[1]);
  const list = values.slice(0, 6).map(([word, times]) => `${word === '' ? '(empty)' : word} (${times} times)`);
  return list.join(', ') + (values.length > 6 ? ', …' : '');
}

/** Recordings with the same channels. */
export interface RecordingSet {
  readonly layout: Layout;
  /** The names of the channels. */
  readonly channels: readonly string[];
  readonly recordings: readonly Recording[];
  /** Whether the channels are columns of a table, with their names. */
  readonly fromColumns: boolean;
  /** How often each label occurs. */
  readonly labels?: Counts | undefined;
  /** Sentences about the choices made for the user. */
  readonly notes?: readonly string[];
}

/** Consecutive rows of a file: complete series, or the instants of a part of one recording. */
export interface SeriesChunk extends RecordingSet {
  /** The number of the first row, from 0. */
  readonly first: number;
  /** Whether the rows are in the range that was asked for, or are its context. */
  readonly place: 'before' | 'within' | 'after';
}

/** A file that is read in chunks. */
export interface SeriesFile {
  /** Its name in messages. */
  readonly name: string;
  readonly chunks: AsyncIterable<SeriesChunk>;
}
