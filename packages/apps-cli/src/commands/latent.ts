import { latentPlane, MOST_DIRECTED, readerOf } from '@hourglass/experiments';
import type { Messages } from '../io/messages.ts';
import { type FoundModel, loadData, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { checkImages } from '../usage/find-experiment.ts';
import { type PictureOptions, type PictureResult, pictureFolder, pictureResult } from './pictures.ts';

/**
 * Draws the latent plane: the positions of the test images, coloured by class, and the images that the decoder makes
 * from points of the plane. The returned codes are those of all test images.
 *
 * @throws any error that `explain` handles
 */
export async function latent(id: string, options: PictureOptions, messages: Messages): Promise<PictureResult> {
  checkImages(id, 'latent');
  const folder = pictureFolder(options);
  return withTrained(
    id,
    options,
    (found) => {
      checkPlane(found);
      return loadData(found, options, messages);
    },
    async (model, data) => {
      const { experiment, trained } = model;
      try {
        const codes = await trained.encode(readerOf(data.test));
        for (const { name, svg } of await latentPlane({ experiment, trained, data }, codes))
          await folder.addFigure({ name: `${id}-${name}`, svg });
        return pictureResult(model, folder, codes);
      } finally {
        await data.close?.();
      }
    },
  );
}

/** @throws UsageError if there is no plane of codes of this length */
function checkPlane({ experiment: { id }, fitted: { model, source } }: FoundModel): void {
  const [latent] = model.decoder.inputShape as [number];
  if (latent < 2 || latent > MOST_DIRECTED)
    throw new UsageError(
      `${source}: ${id} has codes of ${latent} ${latent === 1 ? 'number' : 'numbers'} here; latent needs codes of 2 to ${MOST_DIRECTED}.`,
    );
}
