import { type ExperimentData, imagesOf, interpolationStrip, rowsAt } from '@hourglass/experiments';
import { normalOnHost } from '@hourglass/tensor';
import { readImage } from '../io/image-input.ts';
import type { Messages } from '../io/messages.ts';
import type { OutputFolder } from '../io/output-folder.ts';
import { loadData, type OpenModel, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { checkImages, lacksEncoder } from '../usage/find-experiment.ts';
import { type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';
import { MOST_SAMPLES } from './sample.ts';

/**
 * One end of the path: the number of a test image, from 0, or the absolute path of an image file. For a GAN without
 * an encoder, the number of a random code, from 0, among the codes that `sample` draws with the same seed.
 */
export type End = number | string;

/** The number of the last code that `sample` can draw. */
const LARGEST_NUMBER = MOST_SAMPLES - 1;

export interface InterpolateOptions extends PictureOptions {
  readonly from: End;
  readonly to: End;
  /** The number of images in the row, including both ends. */
  readonly steps: number;
}

/**
 * Draws the path from the code of one image to that of another in equal steps; for a GAN without an encoder, from
 * one random code to another.
 *
 * @throws any error that `explain` handles
 */
export async function interpolate(id: string, options: InterpolateOptions, messages: Messages): Promise<PictureResult> {
  if (lacksEncoder(id)) return interpolateDrawn(id, options);
  checkImages(id, 'interpolate');
  const { from, to } = options;
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
      const [a, b] = await Promise.all(rows.map((row) => model.trained.encode(row)));
      return drawPath(model, folder, [a!, b!], options);
    },
  );
}

function interpolateDrawn(id: string, options: InterpolateOptions): Promise<PictureResult> {
  const { from, to, seed = 0 } = options;
  if (typeof from === 'string' || typeof to === 'string')
    throw new UsageError(
      `${id} has no encoder, so a picture has no code. Give --from and --to the numbers of random codes, such as 0 and 1.`,
    );
  if (Math.max(from, to) > LARGEST_NUMBER)
    throw new UsageError(
      `The random codes of ${id} are numbered from 0 to ${LARGEST_NUMBER}, so there is no code ${Math.max(from, to)}.`,
    );
  const folder = pictureFolder(options);
  return withTrained(
    id,
    options,
    async () => {},
    async (model) => {
      const { latent } = model.trained;
      const drawn = normalOnHost((Math.max(from, to) + 1) * latent, { seed });
      const codeOf = (number: number): Float32Array => drawn.subarray(number * latent, (number + 1) * latent);
      return drawPath(model, folder, [codeOf(from), codeOf(to)], options);
    },
  );
}

async function drawPath(
  model: OpenModel,
  folder: OutputFolder,
  [a, b]: readonly [Float32Array, Float32Array],
  { steps }: InterpolateOptions,
): Promise<PictureResult> {
  const { trained, experiment } = model;
  const { latent } = trained;
  const codes = Float32Array.from({ length: steps * latent }, (_, i) => {
    const share = Math.floor(i / latent) / (steps - 1);
    return (1 - share) * a[i % latent]! + share * b[i % latent]!;
  });
  const images = imagesOf(model, await trained.decode(codes));
  const caption = `${experiment.title} · from one code to another`;
  await folder.addFigure({ name: `${experiment.id}-interpolation`, svg: interpolationStrip({ images, caption }) });
  return pictureResult(model, folder, codes);
}

function testImage(id: string, { test }: ExperimentData, index: number): Promise<Float32Array> {
  if (index >= test.count)
    throw new UsageError(`There is no test image ${index} for ${id}; they are numbered from 0 to ${test.count - 1}.`);
  return rowsAt(test, [index]);
}
