import { DataError } from '@hourglass/datasets';
import { loadImages, type OwnImages } from '@hourglass/datasets/node';
import { type Autoencoder, imageExperiment, ownImageData, USUAL_IMAGE_MODEL } from '@hourglass/experiments';
import { type Messages, toldBy } from '../io/messages.ts';
import { UsageError } from '../usage/errors.ts';
import type { CommonOptions } from '../usage/options.ts';
import { type ImagesSettings, newImagesSettings, resumedImagesSettings } from './images-settings.ts';
import { parametersOf } from './model-card.ts';
import { checkFlags } from './own-flags.ts';
import { checkOptions, newSettings, resumedSettings } from './settings.ts';
import type { Subject } from './subject.ts';

/** Reads the images that a run trains on. @throws DataError */
export async function readImages(
  data: string,
  { size, channels, fit, background, validation }: Omit<ImagesSettings, 'width'>,
  { cacheDir, strict }: CommonOptions,
  messages: Messages,
  signal?: AbortSignal,
): Promise<OwnImages> {
  const choice = { size, channels, fit, background, validation };
  return loadImages(data, { ...choice, cacheDir, strict, signal, ...toldBy(messages) }).finally(() => messages.clear());
}

/** The subject of an experiment on the user's own images. */
export const imagesSubject = (id: string): Subject => ({
  id,
  check: (options) => {
    const { dataDir, out, resume } = options;
    checkFlags(id, options, 'images');
    if (out !== undefined && resume !== undefined)
      throw new UsageError("--out and --resume can't be used together: a resumed run stays in its own folder.");
    if (dataDir !== undefined && process.env.HOURGLASS_DATA === undefined)
      throw new UsageError('--data-dir is for the report’s datasets; give your own images with --data.');
    if (resume === undefined) newImagesSettings(id, options);
  },
  load: async (options, { stored, kind, messages, signal }) => {
    const began = stored?.config;
    if (began !== undefined && (began.images === undefined || began.data === undefined))
      throw new UsageError('The run’s config.json does not describe its images.');
    const images = began?.images ? resumedImagesSettings(began.images, options) : newImagesSettings(id, options);
    const own = await readImages((options.data ?? began?.data)!, images, options, messages, signal).catch(
      (error: unknown) => {
        if (began === undefined || options.data !== undefined || !(error instanceof DataError)) throw error;
        const where = 'The run was started with these images. If they have moved, give their location with --data.';
        throw new DataError(`${error.message} ${where}`, { cause: error });
      },
    );
    try {
      const dataset = ownImageData(own);
      const { latent } = USUAL_IMAGE_MODEL;
      const description = { ...own.form, latent, width: images.width, classes: dataset.classes };
      const experiment = imageExperiment(id, description, dataset.train.count);
      const { validation: _, ...recipe } = options; // the images are split already
      const settings =
        began === undefined
          ? newSettings(experiment, recipe, kind)
          : resumedSettings(experiment, began, recipe, stored!.snapshot.state.epoch);
      checkOptions(experiment, options);
      messages.line(sizeOfModel(experiment.build(settings)));
      const input = own.form.channels === 1 ? 'gray images' : 'images in colour';
      return { experiment, settings, dataset, images, samples: 'images', input };
    } catch (error) {
      await own.close();
      throw error;
    }
  },
});

function sizeOfModel({ encoder, decoder }: Autoencoder): string {
  const stages = encoder.layers.filter(({ layer }) => layer.type === 'Conv2D').length;
  const count = parametersOf(encoder) + parametersOf(decoder);
  return `The model has ${stages} ${stages === 1 ? 'stage' : 'stages'} of convolutions, codes of ${decoder.inputShape[0]} numbers, ${count.toLocaleString('en-US')} parameters.`;
}
