import { OutputFolder } from '../io/output-folder.ts';
import { fromUser, toUser } from '../io/paths.ts';
import type { OpenModel, TrainedOptions } from '../model/open-model.ts';

/** The options of all commands that draw the output of a trained model. */
export interface PictureOptions extends TrainedOptions {
  /** The absolute path of the folder for the files; default `figures`. Files with the same names are replaced. */
  readonly out?: string | undefined;
}

/** The output of the picture commands with `--json`. */
export interface PictureResult {
  readonly experiment: string;
  /** The absolute paths of the weight files. */
  readonly weights: readonly string[];
  /** The driver's name for the adapter. */
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
  { experiment: { id }, trained, weights, adapter }: OpenModel,
  { files }: OutputFolder,
  codes: Float32Array,
): PictureResult {
  const { latent } = trained;
  const rows = Array.from({ length: codes.length / latent }, (_, i) => [
    ...codes.subarray(i * latent, (i + 1) * latent),
  ]);
  return { experiment: id, weights, adapter, files, codes: rows };
}
