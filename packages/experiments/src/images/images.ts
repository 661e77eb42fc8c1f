import type { StreamedImages } from '@hourglass/datasets';
import { denoisingMetrics, type Measurable, reconstructionMetrics, variationalMetrics } from '../evaluation.ts';
import type { Presets } from '../experiment.ts';
import { denoised, denoisingProgress, latentPlane, pairs, progressGrid, sampled } from '../image-figures.ts';
import { imageAutoencoder } from '../model.ts';
import { denoising, reconstruction, variational } from '../objectives.ts';
import { type ExperimentData, streamedData } from '../samples.ts';
import { type FittedWeights, fitWeights, type WeightsFile } from '../stored-weights.ts';
import { type ImageDescription, imageDescriptionOf, imageMetadata } from './description.ts';

/** The properties in which the kinds of models differ. */
type Kind = Pick<
  Measurable,
  'title' | 'lossName' | 'variational' | 'noisyInput' | 'objective' | 'metrics' | 'progressFigure' | 'finalFigures'
>;

const reconstructing: Kind = {
  title: 'Autoencoder of images',
  lossName: 'MSE',
  objective: reconstruction,
  metrics: reconstructionMetrics,
  progressFigure: progressGrid,
  finalFigures: async (source) => [await pairs(source), ...(await latentPlane(source))],
};

const KINDS: Readonly<Record<string, Kind>> = {
  images: reconstructing,
  'images-vae': {
    ...reconstructing,
    title: 'Variational autoencoder of images',
    lossName: 'loss',
    variational: true,
    objective: variational,
    metrics: variationalMetrics,
    finalFigures: async (source) => [await pairs(source), await sampled(source), ...(await latentPlane(source))],
  },
  'images-denoise': {
    ...reconstructing,
    title: 'Denoiser of images',
    noisyInput: true,
    objective: denoising,
    metrics: denoisingMetrics,
    progressFigure: denoisingProgress,
    finalFigures: denoised,
  },
};

/** The experiments on the user's images. */
export const IMAGE_IDS: readonly string[] = Object.keys(KINDS);
/** The experiments on the user's images whose models generate new images. */
export const VARIATIONAL_IMAGE_IDS: readonly string[] = IMAGE_IDS.filter((id) => KINDS[id]!.variational);

/** The default length of the codes and number of filters. */
export const USUAL_IMAGE_MODEL = { latent: 64, width: 32 } as const;

/** The fewest samples in an epoch; an epoch repeats fewer images several times. */
const EPOCH = 1024;
/** The fewest steps in a training run. The moving averages of batch normalisation need about 500. */
const STEPS = { report: 3000, quick: 500 };
const BATCH = { report: 32, quick: 16 };
const EPOCHS = 25;
const QUICK_LIMIT = 2000;

/**
 * Converts the user's images to an experiment's data. Epochs repeat the images if there are few.
 *
 * @throws DataError if a split is empty
 */
export function ownImageData(images: StreamedImages): ExperimentData {
  const data = streamedData(images);
  return { ...data, train: { ...data.train, repeats: Math.ceil(EPOCH / data.train.count) } };
}

/**
 * The experiment `id` on images of this description.
 *
 * @param count the number of training images
 */
export function imageExperiment(id: string, description: ImageDescription, count: number): Measurable {
  const kind = KINDS[id]!;
  const { size, channels, latent, width } = description;
  return {
    id,
    ...kind,
    latent,
    imageSizes: [size],
    presets: presetsFor(count, size),
    build: ({ latent }) => imageAutoencoder({ size, channels, latent, width, variational: kind.variational === true }),
    metadata: async ({ trained }) => imageMetadata({ ...description, latent: trained.latent }),
  };
}

function presetsFor(count: number, size: number): Presets {
  const epochsOf = (name: keyof typeof STEPS, images: number): number => {
    const samples = images * Math.ceil(EPOCH / count);
    return Math.ceil((STEPS[name] * BATCH[name]) / samples);
  };
  return {
    report: {
      description: `the report’s convolutions, ${STEPS.report} steps or more`,
      epochs: Math.max(EPOCHS, epochsOf('report', count)),
      batchSize: BATCH.report,
      learningRate: 1e-3,
      size,
    },
    quick: {
      description: `a first look: up to ${QUICK_LIMIT} images, about ${STEPS.quick} steps`,
      epochs: epochsOf('quick', Math.min(count, QUICK_LIMIT)),
      batchSize: BATCH.quick,
      learningRate: 1e-3,
      ...(count > QUICK_LIMIT ? { limit: QUICK_LIMIT } : {}),
      testLimit: 500,
      size,
    },
  };
}

/**
 * A trained model of the user's images, with its stored description.
 *
 * @throws WeightsError if the files contain no such model, or are damaged
 */
export function fitImages(
  id: string,
  files: readonly WeightsFile[],
): { readonly experiment: Measurable; readonly description: ImageDescription; readonly fitted: FittedWeights } {
  const description = imageDescriptionOf(files, id);
  const experiment = imageExperiment(id, description, 1);
  const { latent, build } = experiment;
  return { experiment, description, fitted: fitWeights({ latent, presets: {}, build }, files) };
}
