import { type Objective, type ObjectiveContext, STREAMS } from '@hourglass/nn';
import { mae, mse, randomNormal, randomUniform, type Tensor } from '@hourglass/tensor';
import type { Autoencoder } from './model.ts';

/** The code of `x`, [N, latent]: of a variational encoder, the means. */
export function encode({ encoder, decoder }: Autoencoder, x: Tensor, { weights, ...pass }: ObjectiveContext): Tensor {
  const code = encoder.apply(x, weights, pass);
  const [latent] = decoder.inputShape as [number];
  return code.shape[1] === latent ? code : code.slice([0, 0], [code.shape[0]!, latent]);
}

/** What the decoder makes of the code of `x`. */
export function reconstruct(model: Autoencoder, x: Tensor, context: ObjectiveContext): Tensor {
  const { weights, ...pass } = context;
  return model.decoder.apply(encode(model, x, context), weights, pass);
}

/** Mean squared error of the reconstruction. */
export const reconstruction =
  (model: Autoencoder): Objective =>
  (x, context) => ({ loss: mse(reconstruct(model, x, context), x) });

/** Mean absolute error of the reconstruction. */
export const absoluteReconstruction =
  (model: Autoencoder): Objective =>
  (x, context) => ({ loss: mae(reconstruct(model, x, context), x) });

/** Share of pixels that become black, and of those that become white. */
const NOISE = 0.05;

/**
 * Salt and pepper: every pixel draws u uniform in [0, 1); below 0.05 it becomes 0, above 0.95 it becomes 1. Drawn afresh at
 * every step of training; once, seeded, in validation.
 */
export function addNoise(x: Tensor, { training, random }: Pick<ObjectiveContext, 'training' | 'random'>): Tensor {
  const u = randomUniform(x.device, x.shape, { ...random, stream: training ? STREAMS.noise : STREAMS.validation });
  const black = u.less(NOISE);
  const white = u.neg().less(-(1 - NOISE));
  return x.mul(black.add(white).neg().add(1)).add(white);
}

/** Mean squared error of the output for the noisy image against the clean one. */
export const denoising =
  (model: Autoencoder): Objective =>
  (x, context) => ({ loss: mse(reconstruct(model, addNoise(x, context), context), x) });

/** Weight of the reconstruction against the Kullback-Leibler divergence, in the report's VAEs. */
export const RECONSTRUCTION_WEIGHT = 1000;

/** The two halves of a variational encoder's output: mean and logarithm of the variance, [N, latent] each. */
export function distribution(
  { encoder }: Autoencoder,
  x: Tensor,
  { weights, ...pass }: ObjectiveContext,
): { mean: Tensor; logVariance: Tensor } {
  const both = encoder.apply(x, weights, pass);
  const [count, twice] = both.shape as [number, number];
  const latent = twice / 2;
  return { mean: both.slice([0, 0], [count, latent]), logVariance: both.slice([0, latent], [count, twice]) };
}

/** z = mean + exp(logVariance / 2) · epsilon, epsilon standard normal (Kingma and Welling 2014). */
export function sample(
  mean: Tensor,
  logVariance: Tensor,
  { training, random }: Pick<ObjectiveContext, 'training' | 'random'>,
): Tensor {
  const stream = training ? STREAMS.epsilon : STREAMS.validation;
  return mean.add(
    logVariance
      .mul(0.5)
      .exp()
      .mul(randomNormal(mean.device, mean.shape, { ...random, stream })),
  );
}

/** Of each sample, -½ Σ (1 + logVariance - mean² - exp(logVariance)): [N]. */
export function divergences(mean: Tensor, logVariance: Tensor): Tensor {
  return logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum(1).mul(-0.5);
}

/** The mean of {@link divergences} over samples. */
export const divergence = (mean: Tensor, logVariance: Tensor): Tensor => divergences(mean, logVariance).mean();

/** 1000 x MSE + KL, z sampled; both parts are reported. */
export const variational =
  (model: Autoencoder): Objective =>
  (x, context) => {
    const { weights, ...pass } = context;
    const { mean, logVariance } = distribution(model, x, context);
    const y = model.decoder.apply(sample(mean, logVariance, context), weights, pass);
    const reconstructionLoss = mse(y, x).mul(RECONSTRUCTION_WEIGHT);
    const klLoss = divergence(mean, logVariance);
    return { loss: reconstructionLoss.add(klLoss), parts: { reconstructionLoss, klLoss } };
  };
