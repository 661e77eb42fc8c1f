import { allRows, latentPlane } from '@hourglass/experiments';
import type { Messages } from '../io/messages.ts';
import { loadData, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { findExperiment, idsOf } from '../usage/find-experiment.ts';
import { checkPlane, type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';

/** The experiments whose codes are two numbers. */
export const PLANAR = idsOf((experiment) => experiment.latent === 2);

/**
 * Draws the plane of two latent numbers: where the test images lie, coloured by class, and what the decoder makes of its points.
 * The codes are those of all test images.
 *
 * @throws every error that `explain` knows
 */
export async function latent(id: string, options: PictureOptions, messages: Messages): Promise<PictureResult> {
  const experiment = findExperiment(id);
  if (experiment.latent !== 2)
    throw new UsageError(`latent draws a plane of two numbers: there is one of ${PLANAR.join(', ')}, not of ${id}.`);
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
