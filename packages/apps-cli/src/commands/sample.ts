import { imageGrid, imagesOf, isGenerative, VARIATIONAL_IMAGE_IDS } from '@hourglass/experiments';
import { normalOnHost } from '@hourglass/tensor';
import { withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { findExperiment, idsOf, PICTURED } from '../usage/find-experiment.ts';
import { type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';
import { numbered } from './reconstruct.ts';

/** The most images that are drawn at once. */
export const MOST_SAMPLES = 1000;

export interface SampleOptions extends PictureOptions {
  readonly count: number;
}

/** The experiments whose models decode codes drawn from N(0, 1) to new images. */
const OWN = idsOf(isGenerative);
export const GENERATIVE = [...OWN, ...VARIATIONAL_IMAGE_IDS];

/**
 * Draws images from standard normal codes. The codes are drawn on the host, so that a seed gives the same codes on
 * every machine.
 *
 * @throws any error that `explain` handles
 */
export async function sample(id: string, options: SampleOptions): Promise<PictureResult> {
  const { count, seed = 0 } = options;
  if (!GENERATIVE.includes(id)) {
    if (!PICTURED.includes(id)) findExperiment(id);
    throw new UsageError(
      `sample is for ${OWN.join(', ')} and, for your own images, ${VARIATIONAL_IMAGE_IDS.join()}; the codes of ${id} follow no known distribution.`,
    );
  }
  const folder = pictureFolder(options);
  return withTrained(
    id,
    options,
    async () => {},
    async (model) => {
      const codes = normalOnHost(count * model.trained.latent, { seed });
      const images = imagesOf(model, await model.trained.decode(codes));
      const caption = `${model.experiment.title} · sampled from N(0, 1), seed ${seed}`;
      const columns = Math.min(count, Math.max(5, Math.ceil(Math.sqrt(count))));
      await folder.addFigure({ name: `${id}-samples`, svg: imageGrid({ images, columns, caption }) });
      for (const [i, image] of images.entries()) await folder.addImage(`${id}-sample-${numbered(i, count)}`, image);
      return pictureResult(model, folder, codes);
    },
  );
}
