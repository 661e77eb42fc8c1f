import { existsSync } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Trainable, WeightsFile } from '@hourglass/experiments';
import { readSafetensors } from '@hourglass/nn';
import { cantRead, readInput } from '../io/input-file.ts';
import { commandLine, toUser } from '../io/paths.ts';
import { UsageError } from '../usage/errors.ts';
import { readKerasInThread } from './keras-thread.ts';

/** A file of weights, and its location. */
export type LocatedWeights = WeightsFile & { readonly path: string };

/** The path of the included checkpoint of an experiment, next to the program's bundle. */
const shippedPath = (id: string): string =>
  fileURLToPath(new URL(`./checkpoints/${id}/model.safetensors`, import.meta.url));

/** In a run folder, the first of these that exists is used. */
const CHECKPOINTS = ['best.safetensors', 'last.safetensors'];

/**
 * Reads files of weights: run folders (the best checkpoint, else the last), `.safetensors`, and Keras `.keras` and
 * `.h5`.
 *
 * @param given their paths; undefined: the included checkpoint
 * @throws UsageError if one can't be read, has another format, or belongs to another experiment; FileFormatError if its
 *   content does not match its name
 */
export function readWeights(
  given: readonly string[] | undefined,
  experiment: Pick<Trainable, 'id'>,
): Promise<LocatedWeights[]> {
  const { id } = experiment;
  const paths = given ?? [shippedPath(id)];
  if (given === undefined && !existsSync(paths[0]!)) {
    throw new UsageError(
      `This version includes no trained weights for ${id}. Train it first (${commandLine('train', id)}), and give the run folder with --weights.`,
    );
  }
  return Promise.all(paths.map((path) => readOne(path, experiment)));
}

async function readOne(given: string, experiment: Pick<Trainable, 'id'>): Promise<LocatedWeights> {
  const path = await fileOf(given);
  const name = toUser(path);
  const ending = extname(path).toLowerCase();
  const isKeras = ending === '.h5' || ending === '.keras';
  if (!isKeras && ending !== '.safetensors') {
    throw new UsageError(
      `${name} is not a weights file. Give a run folder, a .safetensors file, or a Keras .keras or .h5 file.`,
    );
  }
  const bytes = await readInput(path);
  if (isKeras) return { path, name, weights: await readKerasInThread(bytes, name) };
  const { tensors, unread, metadata } = readSafetensors(bytes, name);
  const own = metadata['hourglass.experiment'] ?? experiment.id;
  if (own !== experiment.id) throw new UsageError(`${name} contains weights of ${own}, not of ${experiment.id}.`);
  return { path, name, tensors, unread, metadata };
}

/**
 * The file itself, or the checkpoint in a run folder. Links in the folder are not followed, because it may come from a
 * stranger.
 */
async function fileOf(path: string): Promise<string> {
  const about = await stat(path).catch((error: unknown) => cantRead(path, error));
  if (!about.isDirectory()) return path;
  for (const checkpoint of CHECKPOINTS) {
    const file = join(path, checkpoint);
    if ((await lstat(file).catch(() => undefined))?.isFile()) return file;
  }
  throw new UsageError(`${toUser(path)} is not a run: it contains neither ${CHECKPOINTS.join(' nor ')}.`);
}
