import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fitWeights, type Half } from '@hourglass/experiments';
import { writeSafetensors } from '@hourglass/nn';
import { readInput } from '../io/input-file.ts';
import { toUser } from '../io/paths.ts';
import { writeWhole } from '../io/write-whole.ts';
import { readWeights } from '../model/weights-files.ts';
import { OutputError, systemReason, UsageError } from '../usage/errors.ts';
import { findExperiment } from '../usage/find-experiment.ts';
import type { CommonOptions } from '../usage/options.ts';

export interface ConvertOptions extends CommonOptions {
  /** The experiment's id. */
  readonly as: string;
  /** Absolute path. */
  readonly out: string;
  readonly encoder?: boolean | undefined;
  readonly decoder?: boolean | undefined;
}

/** The output of `convert --json`. */
export interface ConvertResult {
  readonly experiment: string;
  /** The file's absolute path. */
  readonly out: string;
  /** The number of tensors in the file. */
  readonly tensors: number;
  /** The number of elements in all tensors. */
  readonly parameters: number;
}

/**
 * Writes weights of any supported format as one safetensors file. If the file already exists with the same bytes,
 * nothing is done.
 *
 * @throws UsageError, FileFormatError or WeightsError for wrong input, or if `out` exists with other content;
 *   OutputError if it can't be written
 */
export async function convert(paths: readonly string[], options: ConvertOptions): Promise<ConvertResult> {
  const { as: id, out, encoder = false, decoder = false } = options;
  const experiment = findExperiment(id);
  if (encoder && decoder)
    throw new UsageError("--encoder and --decoder can't be used together; without them, all weights are written.");
  if (extname(out).toLowerCase() !== '.safetensors')
    throw new UsageError(`--out must end in .safetensors, but is ${toUser(out)}.`);
  const halves: readonly Half[] | undefined = encoder ? ['encoder'] : decoder ? ['decoder'] : undefined;
  const { tensors, metadata } = fitWeights(experiment, await readWeights(paths, experiment), halves);
  const { 'hourglass.state': _, ...kept } = metadata; // the result cannot be trained further
  const bytes = writeSafetensors(tensors, { ...kept, 'hourglass.experiment': id, format: 'pt' });
  await writeNew(out, bytes);
  const parameters = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  return { experiment: id, out, tensors: tensors.size, parameters };
}

/** The result as text. */
export function formatConversion({ experiment, out, tensors, parameters }: ConvertResult): string {
  return `${toUser(out)}: ${tensors} tensors, ${parameters} parameters of ${experiment}`;
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const there = existsSync(path) ? await readInput(path) : undefined;
  if (there !== undefined && Buffer.compare(there, bytes) === 0) return;
  if (there !== undefined)
    throw new UsageError(`${toUser(path)} already exists with other content. Remove it, or choose another --out.`);
  await writeWhole(path, bytes).catch((error: unknown) => {
    throw new OutputError(`${toUser(path)} can't be written: ${systemReason(error)}.`);
  });
}
