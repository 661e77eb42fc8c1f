import { optimizers } from '@hourglass/nn';
import { adversarialWarning, deception, discrimination, diversity, variationalDeception } from './adversarial.ts';
import { adversarialNetwork, variationalAdversarialNetwork } from './adversarial-networks.ts';
import { adversarialMetrics, variationalAdversarialMetrics } from './evaluation.ts';
import type { Experiment } from './experiment.ts';
import { generationProgress, pairs, sampled } from './image-figures.ts';

/** Weight of the discriminator's penalty, the best that scripts/search-recipes.ts found. */
const PENALTY = 10;

/** What all generative adversarial networks have in common. */
const adversarial = {
  lossName: 'generator loss',
  objective: deception,
  opponent: (model) => ({ name: 'discriminator', objective: discrimination(model, PENALTY) }),
  // DCGAN's setting (Radford et al. 2016): a longer memory of past gradients makes two opponents oscillate.
  optimizer: optimizers.adam({ beta1: 0.5 }),
  validation: async (source) => ({ diversity: await diversity(source) }),
  warning: adversarialWarning,
  metrics: adversarialMetrics,
  progressFigure: generationProgress,
  finalFigures: async (source) => [await sampled(source)],
} satisfies Partial<Experiment>;

/** Generates garments with a generator that deceives a discriminator. */
export const fashionAdversarial: Experiment = {
  ...adversarial,
  id: 'fashion-gan',
  title: 'Fashion-MNIST generative adversarial network',
  limits:
    'Invents 28x28 garments of the ten classes it was trained on, many of them misshapen. It can’t encode an image.',
  dataset: 'fashion-mnist',
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
  build: ({ latent }) => adversarialNetwork({ size: 28, channels: 1, stages: 2, latent }),
};

/** The same with an encoder, so that real images have codes too. */
export const fashionVariationalAdversarial: Experiment = {
  ...fashionAdversarial,
  id: 'fashion-vae-gan',
  title: 'Fashion-MNIST VAE-GAN',
  limits: 'Invents 28x28 garments of the ten classes it was trained on, many of them misshapen.',
  lossName: 'loss',
  variational: true,
  presets: {
    ...fashionAdversarial.presets,
    report: { ...fashionAdversarial.presets.report, description: 'a small DCGAN with an encoder' },
  },
  build: ({ latent }) => variationalAdversarialNetwork({ size: 28, channels: 1, stages: 2, latent }),
  objective: variationalDeception,
  metrics: variationalAdversarialMetrics,
  finalFigures: async (source) => [await pairs(source), await sampled(source)],
};

/** Height and width in pixels of the images of `cartoon-gan`, the default first. */
const CARTOON_GAN_SIZES = [64, 128];
/** Height and width in pixels of the generator's first feature map. */
const CARTOON_BASE = 8;

/** Generates cartoon faces with a generator that deceives a discriminator. */
export const cartoonAdversarial: Experiment = {
  ...adversarial,
  id: 'cartoon-gan',
  title: 'Cartoon Set generative adversarial network',
  dataset: 'cartoonset',
  latent: 64,
  imageSizes: CARTOON_GAN_SIZES,
  presets: {
    report: { description: 'a small DCGAN', epochs: 25, batchSize: 64, learningRate: 2e-4 },
    quick: {
      description: 'a first look: a fifth of the data in small batches, 5 epochs',
      epochs: 5,
      batchSize: 16,
      learningRate: 5e-4,
      limit: 2000,
    },
  },
  build: ({ latent, size = CARTOON_GAN_SIZES[0]! }) =>
    adversarialNetwork({ size, channels: 3, stages: Math.log2(size / CARTOON_BASE), latent }),
};
