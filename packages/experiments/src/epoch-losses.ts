import type { Metrics } from '@hourglass/nn';

/** The losses of an epoch: means over samples during training and in the validation afterwards. */
export interface EpochLosses {
  readonly loss: number;
  readonly valLoss: number;
  /** The terms of a variational loss. */
  readonly reconstructionLoss?: number;
  readonly klLoss?: number;
  readonly valReconstructionLoss?: number;
  readonly valKlLoss?: number;
  /** For models trained on normal samples and validated on all: the validation loss of only the normal samples. */
  readonly valNormalLoss?: number;
  /** For a VAE-GAN: the weighted loss of the decoder as a generator, the third term of `loss`. */
  readonly adversarialLoss?: number;
  readonly valAdversarialLoss?: number;
  /** For generative adversarial networks. `loss` is that of the other networks. */
  readonly discriminatorLoss?: number;
  readonly valDiscriminatorLoss?: number;
  /** The variance of generated images as a share of the variance of test images. */
  readonly diversity?: number;
}

/** The losses of an epoch, from its training and validation metrics. */
export function epochLosses(training: Metrics, validation: Metrics): EpochLosses {
  const given = {
    reconstructionLoss: training.reconstructionLoss,
    klLoss: training.klLoss,
    valReconstructionLoss: validation.reconstructionLoss,
    valKlLoss: validation.klLoss,
    valNormalLoss: validation.normalLoss,
    adversarialLoss: training.adversarialLoss,
    valAdversarialLoss: validation.adversarialLoss,
    discriminatorLoss: training.discriminatorLoss,
    valDiscriminatorLoss: validation.discriminatorLoss,
    diversity: validation.diversity,
  };
  const own = Object.entries(given).filter(([, value]) => value !== undefined);
  return { loss: training.loss!, valLoss: validation.loss!, ...Object.fromEntries(own) };
}
