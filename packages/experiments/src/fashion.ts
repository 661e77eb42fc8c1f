import { mse } from '@hourglass/tensor';
import type { Experiment } from './experiment.ts';
import { fashionAutoencoder } from './model.ts';

/** Reconstruction of Fashion-MNIST through a bottleneck of two numbers. */
export const fashion: Experiment = {
  id: 'fashion',
  title: 'Fashion-MNIST autoencoder',
  dataset: 'fashion-mnist',
  presets: {
    report: { description: 'the report’s recipe', epochs: 25, batchSize: 32, learningRate: 1e-3 },
    quick: {
      description: 'a first look: a tenth of the data, 3 epochs',
      epochs: 3,
      batchSize: 32,
      learningRate: 1e-3,
      limit: 6000,
    },
  },
  latent: 2,
  build: fashionAutoencoder,
  objective:
    ({ encoder, decoder }) =>
    (images, { weights, ...pass }) => ({
      loss: mse(decoder.apply(encoder.apply(images, weights, pass), weights, pass), images),
    }),
  lossName: 'MSE',
};
