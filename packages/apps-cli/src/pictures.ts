import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Experiment, type Figure, type FittedWeights, type Image, imageToPng } from '@hourglass/experiments';
import { OutputError, systemReason, UsageError } from './errors.ts';
import { fromUser, toUser } from './paths.ts';
import { svgToPng } from './png.ts';
import type { OpenModel, TrainedOptions } from './trained.ts';

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

export function formatPictures({ files }: PictureResult): string {
  return files.map(toUser).join('\n');
}

/** Files that go into one folder, which is made for the first of them. */
export class PictureFolder {
  readonly files: string[] = [];
  private readonly path: string;

  constructor(path = fromUser('figures')) {
    this.path = path;
  }

  /** A figure as PNG, and as SVG, which stays sharp at any size. */
  async addFigure({ name, svg }: Figure): Promise<void> {
    await this.add(`${name}.png`, svgToPng(svg));
    await this.add(`${name}.svg`, svg);
  }

  /** An image as the model made it, pixel by pixel. */
  addImage(name: string, image: Image): Promise<void> {
    return this.add(`${name}.png`, imageToPng(image));
  }

  private async add(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    try {
      await mkdir(this.path, { recursive: true });
      await writeFile(path, content);
    } catch (error) {
      throw new OutputError(
        `${toUser(path)} can't be written: ${systemReason(error)}. Choose another folder with --out.`,
      );
    }
    this.files.push(path);
  }
}

/** The result of a command; `codes` are flat. */
export function pictureResult(
  { id }: Experiment,
  { trained, weights, adapter }: OpenModel,
  { files }: PictureFolder,
  codes: Float32Array,
): PictureResult {
  const { latent } = trained;
  const rows = Array.from({ length: codes.length / latent }, (_, i) => [
    ...codes.subarray(i * latent, (i + 1) * latent),
  ]);
  return { experiment: id, weights, adapter, files, codes: rows };
}

/** @throws UsageError if the experiment is about something else than images */
export function checkImages({ id, dataset }: Experiment, command: string): void {
  if (dataset === 'ecg5000') throw new UsageError(`${command} makes images; ${id} is about heartbeats.`);
}

/** @throws UsageError unless the codes are two numbers */
export function checkPlane({ id }: Experiment, { model, source }: FittedWeights): void {
  const [latent] = model.decoder.inputShape;
  if (latent !== 2)
    throw new UsageError(`${source}: ${id} has codes of ${latent} numbers here; a plane is drawn of codes of 2.`);
}
