import {
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  leakyRelu,
  reshape,
  Sequential,
  sigmoid,
} from '@hourglass/nn';

/** Two models that can be saved, loaded and run apart: the decoder takes what the encoder gives. */
export interface Autoencoder {
  readonly encoder: Sequential;
  readonly decoder: Sequential;
}

/** The convolutional autoencoder of the report for 28x28 grey images: EXPERIMENTS `fashion` and `denoise`. */
export function fashionAutoencoder(latent: number): Autoencoder {
  const slope = 0.2;
  const encoder = new Sequential(
    'encoder',
    [28, 28, 1],
    [
      conv2d({ filters: 32, kernelSize: 3, stride: 2 }),
      leakyRelu(slope),
      batchNormalization(),
      conv2d({ filters: 64, kernelSize: 3, stride: 2 }),
      leakyRelu(slope),
      batchNormalization(),
      flatten(),
      dense(latent),
    ],
  );
  const decoder = new Sequential(
    'decoder',
    [latent],
    [
      dense(7 * 7 * 64),
      reshape([7, 7, 64]),
      conv2dTranspose({ filters: 64, kernelSize: 3, stride: 2 }),
      leakyRelu(slope),
      batchNormalization(),
      conv2dTranspose({ filters: 32, kernelSize: 3, stride: 2 }),
      leakyRelu(slope),
      batchNormalization(),
      conv2dTranspose({ filters: 1, kernelSize: 3 }),
      sigmoid(),
    ],
  );
  return { encoder, decoder };
}
