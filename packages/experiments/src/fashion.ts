import { backgroundMetadata } from './background.ts';
import { denoisingMetrics, reconstructionMetrics, variationalMetrics } from './evaluation.ts';
import type { Experiment, Presets, Recipe } from './experiment.ts';
import { denoised, denoisingProgress, latentPlane, pairs, progressGrid, sampled, testGrid } from './image-figures.ts';
import { fashionAutoencoder, fashionVae } from './model.ts';
import { denoising, reconstruction, variational } from './objectives.ts';

/** Small batches: inference uses batch normalisation's moving averages, which need about 500 steps to settle. */
const QUICK = {
  description: 'a first look: 3 000 images in small batches, 2 epochs',
  epochs: 2,
  batchSize: 10,
  limit: 3000,
  testLimit: 1000,
};

/** More layers around the code bend the plane further. Chosen on held-back images of `fashion` (docs/results.md). */
const BEST: Recipe = {
  description: 'two dense layers on each side of the code, and a falling learning rate',
  epochs: 25,
  batchSize: 64,
  learningRate: 1e-3,
  schedule: 'cosine',
  hidden: [256, 64],
  validation: 0.1,
};

const PRESETS: Presets = {
  report: { description: 'the report’s recipe', epochs: 25, batchSize: 32, learningRate: 1e-3 },
  // At the report's rate, 600 steps leave a few saturated pixels in the middle of every picture (in PyTorch too).
  quick: { ...QUICK, learningRate: 2e-3 },
  best: BEST,
};

/** Reconstructs Fashion-MNIST through a latent code of two numbers. */
export const fashion: Experiment = {
  id: 'fashion',
  title: 'Fashion-MNIST autoencoder',
  limits:
    'Two numbers per image preserve its class and rough shape, but no details; classes with close codes are confused.',
  dataset: 'fashion-mnist',
  lossName: 'MSE',
  latent: 2,
  presets: PRESETS,
  build: fashionAutoencoder,
  objective: reconstruction,
  metrics: reconstructionMetrics,
  metadata: backgroundMetadata,
  progressFigure: progressGrid,
  finalFigures: async (source) => [await pairs(source), ...(await latentPlane(source))],
};

/** Removes salt-and-pepper noise from Fashion-MNIST. */
export const denoise: Experiment = {
  ...fashion,
  id: 'denoise',
  title: 'Fashion-MNIST denoiser',
  limits:
    'Removes salt and pepper on 10 % of the pixels of 28x28 garments, through two numbers: details are lost as well.',
  noisyInput: true,
  objective: denoising,
  metrics: denoisingMetrics,
  progressFigure: denoisingProgress,
  finalFigures: denoised,
};

/** Generates garments with a variational autoencoder with a latent code of two numbers. */
export const fashionVariational: Experiment = {
  ...fashion,
  id: 'fashion-vae',
  title: 'Fashion-MNIST variational autoencoder',
  limits: 'Draws blurred 28x28 garments of the ten classes it was trained on.',
  lossName: 'loss',
  variational: true,
  presets: {
    report: { description: 'the report’s recipe', epochs: 25, batchSize: 128, learningRate: 5e-4 },
    quick: { ...QUICK, learningRate: 5e-4 },
    best: BEST,
  },
  build: fashionVae,
  objective: variational,
  metrics: variationalMetrics,
  finalFigures: async (source) => [await testGrid(source), await sampled(source), ...(await latentPlane(source))],
};
