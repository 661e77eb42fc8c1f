import { type Metrics, meanOfEach, type Objective, type ObjectiveContext } from '@hourglass/nn';
import { grad, normalOnHost, sizeOf, type Tensor } from '@hourglass/tensor';
import type { FigureSource } from './figure-source.ts';
import { type Autoencoder, discriminatorOf } from './model.ts';
import { type ObjectiveChoice, variational } from './objectives.ts';
import { allRows, firstSamples } from './samples.ts';

/** Images [count, ...shape] that the generator decodes from codes drawn from N(0, 1). */
export function generate(
  { decoder }: Autoencoder,
  count: number,
  { weights, normal, ...pass }: ObjectiveContext,
): Tensor {
  return decoder.apply(normal([count, ...decoder.inputShape]), weights, pass);
}

/** The discriminator's logits [N, 1]: above 0 for images that it judges to be real. */
export const judge = (model: Autoencoder, images: Tensor, { weights, ...pass }: ObjectiveContext): Tensor =>
  discriminatorOf(model).apply(images, weights, pass);

/** The generator's loss (Goodfellow et al. 2014, non-saturating): -ln D(G(z)), from logits. */
export const deception =
  (model: Autoencoder): Objective =>
  (x, context) => {
    const generated = generate(model, x.shape[0]!, context);
    return { loss: judge(model, generated, context).neg().softplus() };
  };

/**
 * The discriminator's loss: -ln D(x) - ln(1 - D(G(z))), from logits. It is ln 4 for a discriminator that only guesses.
 *
 * @param penalty weight of the {@link steepness}, which keeps training stable; default 0. Only training adds it.
 */
export const discrimination =
  (model: Autoencoder, penalty = 0): Objective =>
  (x, context) => {
    const generated = generate(model, x.shape[0]!, context);
    const logits = judge(model, x, context);
    const loss = logits
      .neg()
      .softplus()
      .add(judge(model, generated, context).softplus());
    return { loss: penalty > 0 && context.training ? loss.add(steepness(logits, x).mul(penalty)) : loss };
  };

/** Weight of {@link deception} relative to the loss of a variational autoencoder. */
const DECEPTION_WEIGHT = 100;

/**
 * The loss of a VAE-GAN's encoder and decoder (Larsen et al. 2016, but reconstructions are compared by their pixels):
 * the terms of {@link variational}, and 100 x {@link deception} as `adversarialLoss`.
 */
export const variationalDeception =
  (model: Autoencoder, choice?: ObjectiveChoice): Objective =>
  (x, context) => {
    const known = variational(model, choice)(x, context);
    // Decoded last, so that the moving averages of normalisation are those of random codes.
    const { loss } = deception(model)(x, context);
    return { ...known, adversarialLoss: loss!.mul(DECEPTION_WEIGHT) };
  };

/** ½ |∇ₓ logit|² for each real image: the penalty R₁ (Mescheder et al. 2018). [N, 1] */
export function steepness(logits: Tensor, x: Tensor): Tensor {
  // No logit depends on another image, so the gradient of the sum contains the gradient of each logit.
  const [slope] = grad(logits.sum(), [x]);
  return meanOfEach(slope.square())
    .mul(sizeOf(x.shape.slice(1)) / 2)
    .reshape(logits.shape);
}

/** Number of images whose variance is measured. */
const VARIED = 256;

/**
 * The variance of generated images as a share of the variance of test images, each summed over the pixels. Near 1 if
 * generated images differ from each other as much as real ones do, and 0 if all are the same.
 */
export async function diversity({ trained, data }: FigureSource): Promise<number> {
  const count = Math.min(VARIED, data.test.count);
  const codes = normalOnHost(count * trained.latent, { seed: trained.seed });
  const real = await allRows(firstSamples(data.test, count));
  return variance(await trained.decode(codes), count) / variance(real, count);
}

/** The variance of rows, summed over their elements. */
function variance(rows: Float32Array, count: number): number {
  const size = rows.length / count;
  let sum = 0;
  for (let element = 0; element < size; element++) {
    const values = Array.from({ length: count }, (_, row) => rows[row * size + element]!);
    const mean = values.reduce((total, value) => total + value, 0) / count;
    sum += values.reduce((total, value) => total + (value - mean) ** 2, 0) / count;
  }
  return sum;
}

/** Below this diversity, the generator makes nearly the same image from every code. */
const COLLAPSED = 0.3;
/** Below this loss, the discriminator recognises nearly every image, and its gradient teaches the generator little. */
const DEFEATED = 0.1;

/**
 * A warning if an epoch ended with a collapsed generator, or with a discriminator that is too good; otherwise
 * undefined.
 */
export function adversarialWarning({ discriminatorLoss }: Metrics, { diversity }: Metrics): string | undefined {
  if (diversity! < COLLAPSED)
    return `The generated images vary by ${percent(diversity!)} of the variance of real ones: mode collapse, unless the training has just begun. Try another --seed, or a smaller --lr.`;
  if (discriminatorLoss! < DEFEATED)
    return `The discriminator recognises nearly every image (its loss is ${discriminatorLoss!.toFixed(3)}), so the generator learns little. Try a smaller --lr.`;
  return undefined;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
