import { beats, firstOfEachKind, imagesOf, pairGrid, rowsAt, type Samples, tripleGrid } from '@hourglass/experiments';
import { type ImageInput, readImage } from '../io/image-input.ts';
import type { Messages } from '../io/messages.ts';
import type { OutputFolder } from '../io/output-folder.ts';
import { loadData, type OpenModel, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { checkEncoder, findExperiment, PICTURED } from '../usage/find-experiment.ts';
import { type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';

export interface ReconstructOptions extends PictureOptions {
  /** The absolute paths of image files; undefined: the first test samples. */
  readonly input?: readonly string[] | undefined;
}

/** The number of test images that are drawn if none are given. */
const SHOWN = 10;

/**
 * Draws originals next to their reconstructions: images of the user, or the first test samples. The denoiser receives
 * the user's images unchanged, and test images with noise.
 *
 * @throws any error that `explain` handles
 */
export async function reconstruct(id: string, options: ReconstructOptions, messages: Messages): Promise<PictureResult> {
  if (!PICTURED.includes(id)) {
    checkEncoder(id, 'reconstruct');
    findExperiment(id);
    return reconstructBeats(id, options, messages);
  }
  const folder = pictureFolder(options);
  return withTrained(
    id,
    options,
    async (found) => {
      if (options.input === undefined) return loadData(found, options, messages);
      return Promise.all(options.input.map((path) => readImage(path, found, messages)));
    },
    async (model, loaded) => {
      if ('train' in loaded) {
        try {
          return await drawTestImages(model, folder, loaded.test, loaded.classes);
        } finally {
          await loaded.close?.();
        }
      }
      return drawInputs(model, folder, loaded);
    },
  );
}

async function drawTestImages(
  model: OpenModel,
  folder: OutputFolder,
  test: Samples,
  classes: readonly string[],
): Promise<PictureResult> {
  const { experiment, trained } = model;
  const indices = Array.from({ length: Math.min(SHOWN, test.count) }, (_, i) => i);
  const rows = await rowsAt(test, indices);
  const titles = indices.map((i) => classes[test.labels[i] ?? -1] ?? '');
  const given = experiment.noisyInput ? await trained.addNoise(rows) : rows;
  const codes = await trained.encode(given);
  const grid = {
    originals: imagesOf(model, rows),
    reconstructions: imagesOf(model, await trained.decode(codes)),
    titles,
    columns: 2,
    caption: `${experiment.title} · test images`,
  };
  const svg = experiment.noisyInput ? tripleGrid({ ...grid, noisy: imagesOf(model, given) }) : pairGrid(grid);
  await folder.addFigure({ name: `${experiment.id}-reconstructions`, svg });
  return pictureResult(model, folder, codes);
}

async function drawInputs(
  model: OpenModel,
  folder: OutputFolder,
  inputs: readonly ImageInput[],
): Promise<PictureResult> {
  const { experiment, trained } = model;
  const rows = Float32Array.from(inputs.flatMap(({ row }) => [...row]));
  const codes = await trained.encode(rows);
  const reconstructions = imagesOf(model, await trained.decode(codes));
  const svg = pairGrid({
    originals: imagesOf(model, rows),
    reconstructions,
    titles: inputs.map(({ name }) => (name.length > 24 ? `${name.slice(0, 23)}…` : name)),
    columns: Math.min(2, inputs.length),
    caption: experiment.title,
  });
  await folder.addFigure({ name: `${experiment.id}-reconstructions`, svg });
  for (const [i, image] of reconstructions.entries())
    await folder.addImage(`${experiment.id}-reconstruction-${numbered(i, reconstructions.length)}`, image);
  return pictureResult(model, folder, codes);
}

/** Numbers from 1, padded to the width of the last. */
export const numbered = (index: number, count: number): string => String(index + 1).padStart(String(count).length, '0');

async function reconstructBeats(id: string, options: ReconstructOptions, messages: Messages): Promise<PictureResult> {
  if (options.input !== undefined)
    throw new UsageError('--input takes images; to evaluate your own beats, use `detect ecg --input beats.csv`.');
  const folder = pictureFolder(options);
  return withTrained(
    id,
    options,
    (found) => loadData(found, options, messages),
    async (model, data) => {
      const { experiment, trained } = model;
      await folder.addFigure({ ...(await beats({ experiment, trained, data })), name: `${experiment.id}-beats` });
      const codes = await trained.encode(await rowsAt(data.test, firstOfEachKind(data)));
      return pictureResult(model, folder, codes);
    },
  );
}
