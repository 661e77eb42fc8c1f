import { imageGrid, imagesOf } from '@hourglass/experiments';
import { normalOnHost } from '@hourglass/tensor';
import { withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { findExperiment, idsOf } from '../usage/find-experiment.ts';
import { type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';
import { numbered } from './reconstruct.ts';

export interface SampleOptions extends PictureOptions {
  readonly count: number;
}

/** The experiments whose codes follow the distribution that is sampled. */
export const VARIATIONAL = idsOf(({ variational }) => variational === true);

/**
 * Draws images from standard normal codes. The codes are drawn on the host, so that a seed gives the same codes on
 * every machine.
 *
 * @throws any error that `explain` handles
 */
export async function sample(id: string, options: SampleOptions): Promise<PictureResult> {
  const experiment = findExperiment(id);
  const { count, seed = 0 } = options;
  if (!experiment.variational)
    throw new UsageError(
      `sample is for ${VARIATIONAL.join(' and ')}; the codes of ${id} follow no known distribution.`,
    );
  const folder = pictureFolder(options);
  return withTrained(
    experiment,
    options,
    async () => {},
    async (model) => {
      const codes = normalOnHost(count * model.trained.latent, { seed });
      const images = imagesOf(model, await model.trained.decode(codes));
      const caption = `${experiment.title} · sampled from N(0, 1), seed ${seed}`;
      const columns = Math.min(count, Math.max(5, Math.ceil(Math.sqrt(count))));
      await folder.addFigure({ name: `${id}-samples`, svg: imageGrid({ images, columns, caption }) });
      for (const [i, image] of images.entries()) await folder.addImage(`${id}-sample-${numbered(i, count)}`, image);
      return pictureResult(experiment, model, folder, codes);
    },
  );
}
