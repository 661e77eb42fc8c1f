/** One series, or one long recording: what windows are cut from. */
export interface Recording {
  /** What messages call it: a file, or a series of a file. */
  readonly name: string;
  /** The file that it came from. */
  readonly file: string;
  /** Instants. */
  readonly length: number;
  /** Row-major [length, channels]. */
  readonly values: Float32Array;
  /** Of each instant 1 normal, 0 abnormal; undefined where nobody has said. */
  readonly normal: Uint8Array | undefined;
  /** When each instant was, as the file says; undefined: instants are numbered from 0 on. */
  readonly times: readonly string[] | undefined;
}

/** `series`: each recording is one sample, all of one length. `recording`: windows are cut from it. */
export type Layout = 'series' | 'recording';

/** Recordings with the same channels. */
export interface RecordingSet {
  readonly layout: Layout;
  /** The names of the channels. */
  readonly channels: readonly string[];
  readonly recordings: readonly Recording[];
  /** Whether the channels are columns of a table, under their names. */
  readonly fromColumns: boolean;
}
