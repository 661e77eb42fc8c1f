import {
  absoluteErrors,
  type Objective,
  type ObjectiveContext,
  squaredErrors,
  structuralSimilarities,
  type Terms,
} from '@hourglass/nn';
import type { Tensor } from '@hourglass/tensor';
import type { Autoencoder } from './model.ts';
import { addNoise, type Noise } from './noise.ts';

/** The codes of `x`, [N, latent]; for a variational encoder, the means. */
export function encode({ encoder, decoder }: Autoencoder, x: Tensor, { weights, ...pass }: ObjectiveContext): Tensor {
  const code = encoder.apply(x, weights, pass);
  const [latent] = decoder.inputShape as [number];
  return code.shape[1] === latent ? code : code.slice([0, 0], [code.shape[0]!, latent]);
}

/** Decodes the code of `x`. */
export function reconstruct(model: Autoencoder, x: Tensor, context: ObjectiveContext): Tensor {
  const { weights, ...pass } = context;
  return model.decoder.apply(encode(model, x, context), weights, pass);
}

/** The smallest distance that Keras's BinaryCrossentropy leaves between a probability and 0 or 1. */
const EPSILON = 1e-7;

/** -t ln p - (1 - t) ln(1 - p) of each probability p and target t, both from 0 to 1: Keras's BinaryCrossentropy. */
function crossEntropies(p: Tensor, t: Tensor): Tensor {
  const safe = p.clip(EPSILON, 1 - EPSILON);
  const inverse = (x: Tensor): Tensor => x.neg().add(1);
  return safe
    .log()
    .mul(t)
    .add(inverse(safe).log().mul(inverse(t)))
    .neg();
}

/** The errors of reconstructions, not yet averaged, by the name of the loss. */
const ERRORS = {
  mse: squaredErrors,
  mae: absoluteErrors,
  bce: crossEntropies,
  ssim: (p: Tensor, t: Tensor) => structuralSimilarities(p, t).neg().add(1),
} as const;
export type Loss = keyof typeof ERRORS;
export const LOSSES = Object.keys(ERRORS) as readonly Loss[];

/** The parts of an objective that users can choose. */
export interface ObjectiveChoice {
  /** The reconstruction loss; undefined: the report's. */
  readonly loss?: Loss | undefined;
  /** The weight of the Kullback-Leibler divergence in a variational loss (Higgins et al. 2017); undefined: 1. */
  readonly beta?: number | undefined;
  /** The noise of a denoiser's inputs; undefined: the report's. */
  readonly noise?: Noise | undefined;
}

/** The mean squared error of the reconstruction, or the chosen loss. */
export const reconstruction =
  (model: Autoencoder, { loss = 'mse' }: ObjectiveChoice = {}): Objective =>
  (x, context) => ({ loss: ERRORS[loss](reconstruct(model, x, context), x) });

/** The mean absolute error of the reconstruction, or the chosen loss. */
export const absoluteReconstruction = (model: Autoencoder, { loss = 'mae' }: ObjectiveChoice = {}): Objective =>
  reconstruction(model, { loss });

/** The squared errors, or the chosen loss, of the outputs for noisy images against the clean images. */
export const denoisingTerms = (
  model: Autoencoder,
  noisy: Tensor,
  clean: Tensor,
  context: ObjectiveContext,
  { loss = 'mse' }: ObjectiveChoice = {},
): Terms => ({ loss: ERRORS[loss](reconstruct(model, noisy, context), clean) });

/** The mean squared error between the output for the noisy image and the clean image, or the chosen loss. */
export const denoising =
  (model: Autoencoder, choice?: ObjectiveChoice): Objective =>
  (x, context) =>
    denoisingTerms(model, addNoise(x, context, choice?.noise), x, context, choice);

/** Weight of the reconstruction relative to the Kullback-Leibler divergence in the report's VAEs. */
const RECONSTRUCTION_WEIGHT = 1000;

/** The two halves of a variational encoder's output, [N, latent] each. */
export interface Distribution {
  readonly mean: Tensor;
  /** The logarithm of the variance. */
  readonly logVariance: Tensor;
}

/** The distribution of the codes of `x` under a variational encoder. */
export function distribution(
  { encoder }: Autoencoder,
  x: Tensor,
  { weights, ...pass }: ObjectiveContext,
): Distribution {
  const both = encoder.apply(x, weights, pass);
  const [count, twice] = both.shape as [number, number];
  const latent = twice / 2;
  return { mean: both.slice([0, 0], [count, latent]), logVariance: both.slice([0, latent], [count, twice]) };
}

/** z = mean + exp(logVariance / 2) · epsilon, with standard normal epsilon (Kingma and Welling 2014). */
export function sample({ mean, logVariance }: Distribution, { normal }: Pick<ObjectiveContext, 'normal'>): Tensor {
  return mean.add(logVariance.mul(0.5).exp().mul(normal(mean.shape)));
}

/** -½ Σ (1 + logVariance - mean² - exp(logVariance)) for each sample: [N]. */
const divergences = ({ mean, logVariance }: Distribution): Tensor =>
  logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum(1).mul(-0.5);

/**
 * 1000 x the squared errors of the images decoded from sampled codes, and `beta` x the divergence of the codes from
 * N(0, 1).
 */
export function variationalTerms(
  { decoder }: Autoencoder,
  codes: Distribution,
  x: Tensor,
  context: ObjectiveContext,
  { loss = 'mse', beta = 1 }: ObjectiveChoice = {},
): { readonly reconstructionLoss: Tensor; readonly klLoss: Tensor } {
  const { weights, ...pass } = context;
  const y = decoder.apply(sample(codes, context), weights, pass);
  const klLoss = divergences(codes);
  return {
    reconstructionLoss: ERRORS[loss](y, x).mul(RECONSTRUCTION_WEIGHT),
    klLoss: beta === 1 ? klLoss : klLoss.mul(beta),
  };
}

/** 1000 x MSE + `beta` x KL, with sampled codes z. */
export const variational =
  (model: Autoencoder, choice?: ObjectiveChoice): Objective =>
  (x, context) =>
    variationalTerms(model, distribution(model, x, context), x, context, choice);
