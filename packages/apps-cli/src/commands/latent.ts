import { allRows, latentPlane } from '@hourglass/experiments';
import type { Messages } from '../io/messages.ts';
import { loadData, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { findExperiment, idsOf } from '../usage/find-experiment.ts';
import { checkPlane, type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';

/** The experiments whose codes have two numbers. */
export const PLANAR = idsOf((experiment) => experiment.latent === 2);

/**
 * Draws the plane of two latent numbers: the positions of the test images, coloured by class, and the images that the
 * decoder makes from its points. The returned codes are those of all test images.
 *
 * @throws any error that `explain` handles
 */
export async function latent(id: string, options: PictureOptions, messages: Messages): Promise<PictureResult> {
  const experiment = findExperiment(id);
  if (experiment.latent !== 2)
    throw new UsageError(`latent draws a plane of two numbers: it is for ${PLANAR.join(' and ')}, not for ${id}.`);
  const folder = pictureFolder(options);
  return withTrained(
    experiment,
    options,
    (fitted) => {
      checkPlane(experiment, fitted);
      return loadData(experiment, options, fitted, messages);
    },
    async (model, data) => {
      const { trained } = model;
      for (const { name, svg } of await latentPlane({ experiment, trained, data }))
        await folder.addFigure({ name: `${id}-${name}`, svg });
      return pictureResult(experiment, model, folder, await trained.encode(await allRows(data.test)));
    },
  );
}
