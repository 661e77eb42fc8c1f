import { ECG_ID } from '@hourglass/datasets';
import type { Experiment, FittedWeights } from '@hourglass/experiments';
import { OutputFolder } from '../io/output-folder.ts';
import { fromUser, toUser } from '../io/paths.ts';
import type { OpenModel, TrainedOptions } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';

/** The options of all commands that draw the output of a trained model. */
export interface PictureOptions extends TrainedOptions {
  /** The absolute path of the folder for the files; default `figures`. Files with the same names are replaced. */
  readonly out?: string | undefined;
}

/** The output of these commands with `--json`. */
export interface PictureResult {
  readonly experiment: string;
  /** The absolute paths of the weight files. */
  readonly weights: readonly string[];
  /** The driver's name for it. */
  readonly adapter: string;
  /** The absolute paths of the written files. */
  readonly files: readonly string[];
  /** The codes of the pictures, in the same order. */
  readonly codes: readonly (readonly number[])[];
}

/** The folder that the user chose for pictures. */
export const pictureFolder = ({ out = fromUser('figures') }: PictureOptions): OutputFolder =>
  new OutputFolder(out, '--out');

export function formatPictures({ files }: PictureResult): string {
  return files.map(toUser).join('\n');
}

/** The result of a command; `codes` are flat. */
export function pictureResult(
  { id }: Experiment,
  { trained, weights, adapter }: OpenModel,
  { files }: OutputFolder,
  codes: Float32Array,
): PictureResult {
  const { latent } = trained;
  const rows = Array.from({ length: codes.length / latent }, (_, i) => [
    ...codes.subarray(i * latent, (i + 1) * latent),
  ]);
  return { experiment: id, weights, adapter, files, codes: rows };
}

/** @throws UsageError if the experiment is not about images */
export function checkImages({ id, dataset }: Experiment, command: string): void {
  if (dataset === ECG_ID) throw new UsageError(`${command} makes images; ${id} is about heartbeats.`);
}

/** @throws UsageError unless the codes have two numbers */
export function checkPlane({ id }: Experiment, { model, source }: FittedWeights): void {
  const [latent] = model.decoder.inputShape;
  if (latent !== 2)
    throw new UsageError(`${source}: ${id} has codes of ${latent} numbers here; drawing a plane needs codes of 2.`);
}
