import { createReadStream } from 'node:fs';
import { DataError } from '@hourglass/datasets';
import { type BeatChunk, beatsIn, beatsOfStream, type Shard } from '@hourglass/datasets/node';
import { UsageError } from '../usage/errors.ts';
import { cantRead, notFile, STANDARD_INPUT, statInput } from './input-file.ts';
import type { Messages } from './messages.ts';
import { toUser } from './paths.ts';
import { resumed } from './resumed.ts';

/**
 * Opens a file of beats, in chunks. The first chunk is read at once, so that wrong input is reported before a device is
 * opened.
 *
 * @param input an absolute path or {@link STANDARD_INPUT}
 * @throws UsageError or DataError, naming file and line, if the beats can't be read
 */
export async function openBeats(
  input: string,
  shard: Shard | undefined,
  messages: Messages,
): Promise<AsyncGenerator<BeatChunk>> {
  const chunks = chunksOf(input, shard, (notice) => messages.line(notice));
  return resumed(await chunks.next(), chunks);
}

async function* chunksOf(
  input: string,
  shard: Shard | undefined,
  notice: (message: string) => void,
): AsyncGenerator<BeatChunk> {
  if (input === STANDARD_INPUT) {
    if (shard !== undefined) throw readOnce('standard input');
    yield* beatsOfStream(process.stdin, 'standard input', notice);
    return;
  }
  const about = await statInput(input);
  const name = toUser(input);
  if (!about.isFile() && !about.isFIFO()) throw notFile(input);
  if (about.isFIFO() && shard !== undefined) throw readOnce(name);
  try {
    // A shell's `<(…)` is a pipe.
    if (about.isFIFO()) yield* beatsOfStream(createReadStream(input), name, notice);
    else yield* beatsIn(input, name, notice, shard);
  } catch (error) {
    throw error instanceof DataError ? error : cantRead(input, error);
  }
}

/** The error for a shard of an input that can't be read in parts. */
export const readOnce = (name: string): UsageError =>
  new UsageError(`--shard can't be used with ${name}, which is read only once. Give a file.`);
