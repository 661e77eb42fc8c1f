import { reconstructionMetrics, variationalMetrics } from './evaluation.ts';
import type { Experiment } from './experiment.ts';
import type { Figure, FigureSource } from './figure-source.ts';
import { pairs, progressGrid, sampled, testGrid } from './image-figures.ts';
import { CARTOON_SIZES, cartoonAutoencoder } from './model.ts';
import { reconstruction, variational } from './objectives.ts';

/** Reconstructs cartoon faces in colour through a latent code of 200 numbers. */
export const cartoon: Experiment = {
  id: 'cartoon',
  title: 'Cartoon Set autoencoder',
  limits: 'Knows the faces of one drawing kit; glasses, beards and long hair are often lost.',
  dataset: 'cartoonset',
  lossName: 'MSE',
  latent: 200,
  imageSizes: CARTOON_SIZES,
  presets: {
    report: { description: 'the report’s recipe', epochs: 25, batchSize: 128, learningRate: 5e-4 },
    quick: {
      description: 'a first look: small images, a fifth of the data, 5 epochs',
      epochs: 5,
      batchSize: 32,
      learningRate: 5e-4,
      limit: 2000,
      size: 64,
    },
  },
  build: (shape) => cartoonAutoencoder(shape, false),
  objective: reconstruction,
  metrics: reconstructionMetrics,
  progressFigure: progressGrid,
  finalFigures: async (source) => [await grid(source), await pairs(source)],
};

/** Generates cartoon faces with a variational autoencoder. */
export const cartoonVariational: Experiment = {
  ...cartoon,
  id: 'cartoon-vae',
  title: 'Cartoon Set variational autoencoder',
  limits: 'Draws blurred faces of one drawing kit, often with a beard; glasses and long hair are often lost.',
  lossName: 'loss',
  variational: true,
  build: (shape) => cartoonAutoencoder(shape, true),
  objective: variational,
  metrics: variationalMetrics,
  finalFigures: async (source) => [await grid(source), await pairs(source), await sampled(source)],
};

const grid = async (source: FigureSource): Promise<Figure> => ({ ...(await testGrid(source)), name: 'grid' });
