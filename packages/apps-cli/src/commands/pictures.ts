import { OutputFolder } from '../io/output-folder.ts';
import { fromUser, toUser } from '../io/paths.ts';
import type { OpenModel, TrainedOptions } from '../model/open-model.ts';

/** What every command takes that draws what a trained model makes of something. */
export interface PictureOptions extends TrainedOptions {
  /** The folder for the files, absolute; default `figures`. Files of the same names are replaced. */
  readonly out?: string | undefined;
}

/** What these commands write with `--json`. */
export interface PictureResult {
  readonly experiment: string;
  /** The files of the weights, absolute. */
  readonly weights: readonly string[];
  /** As its driver calls it. */
  readonly adapter: string;
  /** What was written, absolute. */
  readonly files: readonly string[];
  /** The codes behind the pictures, in their order. */
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
