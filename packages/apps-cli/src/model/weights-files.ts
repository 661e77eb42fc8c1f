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

/** A file of weights, and where it lies. */
export type LocatedWeights = WeightsFile & { readonly path: string };

/** Where the checkpoint of an experiment that ships with the program lies: beside its bundle. */
const shippedPath = (id: string): string =>
  fileURLToPath(new URL(`./checkpoints/${id}/model.safetensors`, import.meta.url));

/** Of a run folder, the first one that is there. */
const CHECKPOINTS = ['best.safetensors', 'last.safetensors'];

/**
 * Reads files of weights: run folders (their best checkpoint, else the last), `.safetensors`, and Keras's `.keras`, `.h5` and `.weights.h5`.
 *
 * @param given their paths; undefined: the checkpoint that ships
 * @throws UsageError if one can't be read, is of another kind, or belongs to another experiment; FileFormatError if its bytes are
 *   not what its name says
 */
export function readWeights(
  given: readonly string[] | undefined,
  experiment: Pick<Trainable, 'id'>,
): Promise<LocatedWeights[]> {
  const { id } = experiment;
  const paths = given ?? [shippedPath(id)];
  if (given === undefined && !existsSync(paths[0]!)) {
    throw new UsageError(
      `No trained weights of ${id} ship with this version. Train it first (${commandLine('train', id)}), and give the run folder by --weights.`,
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
      `${name} is no file of weights by its name; there are run folders, .safetensors files, and .keras and .h5 files of Keras.`,
    );
  }
  const bytes = await readInput(path);
  if (isKeras) return { path, name, weights: await readKerasInThread(bytes, name) };
  const { tensors, unread, metadata } = readSafetensors(bytes, name);
  const own = metadata['hourglass.experiment'] ?? experiment.id;
  if (own !== experiment.id) throw new UsageError(`${name} holds weights of ${own}, not of ${experiment.id}.`);
  return { path, name, tensors, unread, metadata };
}

/** The file itself, or the checkpoint in a run folder. Links in that are not followed, as it may come from a stranger. */
async function fileOf(path: string): Promise<string> {
  const about = await stat(path).catch((error: unknown) => cantRead(path, error));
  if (!about.isDirectory()) return path;
  for (const checkpoint of CHECKPOINTS) {
    const file = join(path, checkpoint);
    if ((await lstat(file).catch(() => undefined))?.isFile()) return file;
  }
  throw new UsageError(`${toUser(path)} is no run: it holds neither ${CHECKPOINTS.join(' nor ')}.`);
}
