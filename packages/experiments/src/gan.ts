import { optimizers } from '@hourglass/nn';
import { adversarialWarning, deception, discrimination, diversity } from './adversarial.ts';
import { adversarialMetrics } from './evaluation.ts';
import type { Experiment } from './experiment.ts';
import { generationProgress, sampled } from './image-figures.ts';
import { fashionGan } from './model.ts';

/** Generates garments with a generator that deceives a discriminator. */
export const fashionAdversarial: Experiment = {
  id: 'fashion-gan',
  title: 'Fashion-MNIST generative adversarial network',
  limits:
    'Invents 28x28 garments of the ten classes it was trained on, many of them misshapen. It can’t encode an image.',
  dataset: 'fashion-mnist',
  lossName: 'generator loss',
  latent: 64,
  presets: {
    report: { description: 'a small DCGAN', epochs: 25, batchSize: 64, learningRate: 2e-4 },
    quick: {
      description: 'a first look: 6 000 images in small batches, 3 epochs',
      epochs: 3,
      batchSize: 16,
      learningRate: 5e-4,
      limit: 6000,
      testLimit: 1000,
    },
  },
  build: fashionGan,
  objective: deception,
  opponent: (model) => ({ name: 'discriminator', objective: discrimination(model) }),
  // DCGAN's setting (Radford et al. 2016): a longer memory of the gradient's direction makes two opponents swing.
  optimizer: optimizers.adam({ beta1: 0.5 }),
  validation: async (source) => ({ diversity: await diversity(source) }),
  warning: adversarialWarning,
  metrics: adversarialMetrics,
  progressFigure: generationProgress,
  finalFigures: async (source) => [await sampled(source)],
};
