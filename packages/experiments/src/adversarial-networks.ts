import {
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  type Layer,
  leakyRelu,
  relu,
  reshape,
  Sequential,
  sigmoid,
} from '@hourglass/nn';

import type { Autoencoder } from './model.ts';

/** What an adversarial network for square images is made of. */
export interface AdversarialShape {
  readonly size: number;
  readonly channels: 1 | 3;
  /** How often images are halved. 2 to this power divides the size. */
  readonly stages: number;
  readonly latent: number;
}

/** A stride of 2 divides this window evenly, so that the pixels of a transposed convolution overlap equally. */
const KERNEL = 4;
const LAST_KERNEL = 3;
/** The most filters of a convolution. */
const MOST_FILTERS = 128;

/**
 * A small DCGAN (Radford et al. 2016) without normalisation in the discriminator, for `fashion-gan` and `cartoon-gan`.
 */
export const adversarialNetwork = (shape: AdversarialShape): Autoencoder => ({
  encoder: discriminator(shape),
  decoder: generator('generator', shape),
});

/** The same networks, and an encoder with the discriminator's convolutions, for `fashion-vae-gan`. */
export const variationalAdversarialNetwork = (shape: AdversarialShape): Autoencoder => ({
  encoder: judging('encoder', shape, [dense(shape.latent), dense(shape.latent)]),
  decoder: generator('decoder', shape),
  discriminator: discriminator(shape),
});

const discriminator = (shape: AdversarialShape): Sequential => judging('discriminator', shape, dense(1));

/** Halves images until few pixels are left, then ends with `head`. */
function judging(
  name: string,
  { size, channels, stages }: AdversarialShape,
  head: Layer | readonly Layer[],
): Sequential {
  const halved = (stage: number): Layer[] => [
    conv2d({ filters: filtersOf(32, stage), kernelSize: KERNEL, stride: 2 }),
    leakyRelu(0.2),
  ];
  return new Sequential(name, [size, size, channels], [...numbersBelow(stages).flatMap(halved), flatten(), head]);
}

/** Decodes codes to images by doubling a small feature map. */
function generator(name: string, { size, channels, stages, latent }: AdversarialShape): Sequential {
  const base = size / 2 ** stages;
  const first = filtersOf(16, stages);
  const doubled = (stage: number): Layer[] => [
    conv2dTranspose({ filters: filtersOf(16, stage), kernelSize: KERNEL, stride: 2 }),
    batchNormalization(),
    relu(),
  ];
  return new Sequential(
    name,
    [latent],
    [
      dense(base * base * first),
      reshape([base, base, first]),
      batchNormalization(),
      relu(),
      ...numbersBelow(stages).toReversed().flatMap(doubled),
      conv2dTranspose({ filters: channels, kernelSize: LAST_KERNEL, stride: 1 }),
      sigmoid(),
    ],
  );
}

/** The filters of a stage, counted from the outermost, which has the fewest. */
const filtersOf = (outermost: number, stage: number): number => Math.min(MOST_FILTERS, outermost * 2 ** stage);

const numbersBelow = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
