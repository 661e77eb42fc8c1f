import { type ExperimentData, imagesOf, interpolationStrip, rowsAt } from '@hourglass/experiments';
import { readImage } from '../io/image-input.ts';
import type { Messages } from '../io/messages.ts';
import { loadData, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { checkImages } from '../usage/find-experiment.ts';
import { type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';

/** One end of the path: the number of a test image, from 0, or the absolute path of a PNG file. */
export type End = number | string;

export interface InterpolateOptions extends PictureOptions {
  readonly from: End;
  readonly to: End;
  /** The number of images in the row, including both ends. */
  readonly steps: number;
}

/**
 * Draws the path from the code of one image to that of another in equal steps.
 *
 * @throws any error that `explain` handles
 */
export async function interpolate(id: string, options: InterpolateOptions, messages: Messages): Promise<PictureResult> {
  checkImages(id, 'interpolate');
  const { from, to, steps } = options;
  const ends = [from, to];
  const folder = pictureFolder(options);
  return withTrained(
    id,
    options,
    async (found) => {
      const wantsData = ends.some((end) => typeof end === 'number');
      const data = wantsData ? await loadData(found, options, messages) : undefined;
      try {
        return await Promise.all(
          ends.map(async (end) =>
            typeof end === 'number' ? testImage(id, data!, end) : (await readImage(end, found, messages)).row,
          ),
        );
      } finally {
        await data?.close?.();
      }
    },
    async (model, rows) => {
      const { trained } = model;
      const { latent } = trained;
      const [a, b] = await Promise.all(rows.map((row) => trained.encode(row)));
      const codes = Float32Array.from({ length: steps * latent }, (_, i) => {
        const share = Math.floor(i / latent) / (steps - 1);
        return (1 - share) * a![i % latent]! + share * b![i % latent]!;
      });
      const images = imagesOf(model, await trained.decode(codes));
      const caption = `${model.experiment.title} · from one code to another`;
      await folder.addFigure({ name: `${id}-interpolation`, svg: interpolationStrip({ images, caption }) });
      return pictureResult(model, folder, codes);
    },
  );
}

function testImage(id: string, { test }: ExperimentData, index: number): Promise<Float32Array> {
  if (index >= test.count)
    throw new UsageError(`There is no test image ${index} for ${id}; they are numbered from 0 to ${test.count - 1}.`);
  return rowsAt(test, [index]);
}
