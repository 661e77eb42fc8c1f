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

import type { Hyperparameters } from './experiment.ts';

/** Networks that can be saved, loaded and run separately. The encoder's codes are the decoder's input. */
export interface Autoencoder {
  /**
   * Outputs codes [N, latent], or [N, 2 · latent] in a variational autoencoder: means, then log variances. A generative
   * adversarial network without an encoder has its discriminator here, which outputs a logit for each image [N, 1].
   */
  readonly encoder: Sequential;
  readonly decoder: Sequential;
  /** The discriminator of a VAE-GAN, which has an encoder too. Only training needs it. */
  readonly discriminator?: Sequential;
}

/** All networks of a model. */
export const networksOf = ({ encoder, decoder, discriminator }: Autoencoder): Sequential[] =>
  [encoder, decoder, discriminator].filter((network) => network !== undefined);

/** The network that judges images in a generative adversarial network. */
export const discriminatorOf = ({ encoder, discriminator = encoder }: Autoencoder): Sequential => discriminator;

/** The model settings that users choose. */
export interface ModelShape extends Pick<Hyperparameters, 'latent' | 'size'> {
  /**
   * Widths of dense layers between the convolutions and the code, in the encoder's order; the decoder has them in
   * reverse. The report's models have none, so only the layers after the code bend the latent plane.
   */
  readonly hidden?: readonly number[] | undefined;
}

const KERNEL = 3;
const conv = (filters: number, stride: number): Layer => conv2d({ filters, kernelSize: KERNEL, stride });
const deconv = (filters: number, stride: number): Layer => conv2dTranspose({ filters, kernelSize: KERNEL, stride });

/** The report's layer order in `fashion` and `denoise`: activation, then normalisation. */
const activated = (layer: Layer): Layer[] => [layer, leakyRelu(0.2), batchNormalization()];
/** The report's layer order in all other convolutional models. */
const normalized = (layer: Layer): Layer[] => [layer, batchNormalization(), leakyRelu(0.3)];

/** The models `fashion` and `denoise`, for 28x28 grey images. */
export function fashionAutoencoder({ latent, hidden = [] }: ModelShape): Autoencoder {
  return {
    encoder: new Sequential(
      'encoder',
      [28, 28, 1],
      [
        ...activated(conv(32, 2)),
        ...activated(conv(64, 2)),
        flatten(),
        ...hidden.flatMap((width) => activated(dense(width))),
        dense(latent),
      ],
    ),
    decoder: new Sequential(
      'decoder',
      [latent],
      [
        ...hidden.toReversed().flatMap((width) => activated(dense(width))),
        dense(7 * 7 * 64),
        reshape([7, 7, 64]),
        ...activated(deconv(64, 2)),
        ...activated(deconv(32, 2)),
        deconv(1, 1),
        sigmoid(),
      ],
    ),
  };
}

/** The model `fashion-vae`, for 28x28 grey images. */
export function fashionVae({ latent, hidden = [] }: ModelShape): Autoencoder {
  return {
    encoder: new Sequential(
      'encoder',
      [28, 28, 1],
      [
        ...normalized(conv(32, 1)),
        ...normalized(conv(64, 2)),
        ...normalized(conv(64, 2)),
        ...normalized(conv(64, 1)),
        flatten(),
        ...hidden.flatMap((width) => normalized(dense(width))),
        [dense(latent), dense(latent)],
      ],
    ),
    decoder: new Sequential(
      'decoder',
      [latent],
      [
        ...hidden.toReversed().flatMap((width) => normalized(dense(width))),
        dense(7 * 7 * 64),
        reshape([7, 7, 64]),
        ...normalized(deconv(64, 1)),
        ...normalized(deconv(64, 2)),
        ...normalized(deconv(32, 2)),
        deconv(1, 1),
        sigmoid(),
      ],
    ),
  };
}

/** The sizes that the cartoon models support, the report's 256 first. */
export const CARTOON_SIZES = [256, 64, 128, 512];

/**
 * The models `cartoon` and `cartoon-vae`, for RGB images of 64, 128, 256 (the default) or 512 pixels.
 *
 * @throws RangeError if the size is not one of these
 */
export function cartoonAutoencoder(
  { latent, size = CARTOON_SIZES[0]! }: ModelShape,
  variational: boolean,
): Autoencoder {
  if (!CARTOON_SIZES.includes(size))
    throw new RangeError(`size is ${size}; it must be one of ${CARTOON_SIZES.join(', ')}.`);
  return imageAutoencoder({ size, channels: 3, latent, width: 32, variational });
}

/** What the convolutional model for square images is made of. */
export interface ImageModelShape {
  /** Height and width in pixels, at least 9. */
  readonly size: number;
  readonly channels: 1 | 3;
  readonly latent: number;
  /** Filters of the outermost convolutions; the others have twice as many. */
  readonly width: number;
  readonly variational: boolean;
}

/** Images are halved until their height and width are at most this many pixels. */
const BASE = 8;

/** The report's models of cartoons, with as many stages as the size needs. Odd sizes are halved and rounded up. */
export function imageAutoencoder({ size, channels, latent, width, variational }: ImageModelShape): Autoencoder {
  const sides = [size];
  while (sides.at(-1)! > BASE) sides.push(Math.ceil(sides.at(-1)! / 2));
  const stages = sides.length - 1;
  const base = sides[stages]!;
  const filters = (stage: number): number => (stage === 0 ? width : 2 * width);
  const deconvTo = (filters: number, side: number): Layer =>
    // A stride of 2 doubles the size. An odd size is set explicitly, which Keras can't express.
    conv2dTranspose({ filters, kernelSize: KERNEL, stride: 2, ...(side % 2 === 1 && { outputSize: [side, side] }) });
  const stageNumbers = Array.from({ length: stages }, (_, stage) => stage);
  return {
    encoder: new Sequential(
      'encoder',
      [size, size, channels],
      [
        ...stageNumbers.flatMap((stage) => normalized(conv(filters(stage), 2))),
        flatten(),
        variational ? [dense(latent), dense(latent)] : dense(latent),
      ],
    ),
    decoder: new Sequential(
      'decoder',
      [latent],
      [
        dense(base * base * filters(stages - 1)),
        reshape([base, base, filters(stages - 1)]),
        ...stageNumbers
          .slice(1)
          .toReversed()
          .flatMap((stage) => normalized(deconvTo(filters(stage - 1), sides[stage]!))),
        deconvTo(channels, size),
        sigmoid(),
      ],
    ),
  };
}

/** The model `ecg`, for beats of 140 samples. */
export function ecgAutoencoder({ latent }: ModelShape): Autoencoder {
  return {
    encoder: new Sequential('encoder', [140], [dense(32), relu(), dense(16), relu(), dense(latent), relu()]),
    decoder: new Sequential('decoder', [latent], [dense(16), relu(), dense(32), relu(), dense(140), sigmoid()]),
  };
}
