import { stat } from 'node:fs/promises';
import { BEAT_LENGTH, beatFormat } from '../ecg5000.ts';
import { emptyTable, NumberTableReader } from '../number-table.ts';
import type { Line } from '../series/lines.ts';
import { linesIn, linesOfStream } from './lines-in.ts';
import { type Shard, shardRange } from './shard.ts';

/** Beats that are read at once. */
export const BEATS_AT_ONCE = 4096;

/** Consecutive beats of a text. */
export interface BeatChunk {
  /** The number of the first one in the text, from 0. */
  readonly first: number;
  readonly count: number;
  /** The raw samples, row-major [count, 140]. */
  readonly values: Float32Array;
}

/**
 * Reads a file of beats without labels, 140 raw samples per line, in chunks of at most {@link BEATS_AT_ONCE}.
 *
 * @param name the file's name in errors
 * @param notice called if a header is skipped
 * @param shard a line belongs to the shard in whose range of bytes it begins; default: all lines
 * @throws DataError if the text has another format or no beats
 */
export async function* beatsIn(
  path: string,
  name: string,
  notice: (message: string) => void,
  shard?: Shard,
): AsyncGenerator<BeatChunk> {
  const { start, end } = shardRange((await stat(path)).size, shard);
  yield* beatsOf(linesIn(path, name, shard === undefined ? [] : [start, end]), name, notice, shard && 1);
}

/** Reads a stream as {@link beatsIn} reads a file. @throws DataError if the text has another format or no beats */
export const beatsOfStream = (
  stream: AsyncIterable<Uint8Array>,
  name: string,
  notice: (message: string) => void,
): AsyncGenerator<BeatChunk> => beatsOf(linesOfStream(stream, name), name, notice);

/** The beats of the lines in one part. */
async function* beatsOf(
  blocks: AsyncIterable<readonly Line[]>,
  name: string,
  notice: (message: string) => void,
  part = 0,
): AsyncGenerator<BeatChunk> {
  const format = beatFormat(name, notice);
  const reader = new NumberTableReader(format);
  let isEmpty = true;
  let next = 0;
  const take = (): BeatChunk => {
    const { values } = reader.take();
    const count = values.length / BEAT_LENGTH;
    return { first: next - count, count, values };
  };
  for await (const lines of blocks) {
    for (const line of lines) {
      if (reader.skipHeader(line)) continue;
      isEmpty = false;
      if (line.part > part) break;
      next++;
      if (line.part === part) reader.add(line);
      if (reader.count === BEATS_AT_ONCE) yield take();
    }
    if ((lines.at(-1)?.part ?? 0) > part) break;
  }
  if (isEmpty) throw emptyTable(format);
  if (reader.count > 0) yield take();
}
