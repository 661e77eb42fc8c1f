import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { byDifferentiation, formula } from './elementwise.ts';

/** The result of {@link batchNorm}. */
export interface NormalizedBatch {
  /** The normalised, scaled and shifted input. */
  readonly output: Tensor;
  /** The mean of each channel over the batch: [C]. */
  readonly mean: Tensor;
  /** The biased variance (divisor N) of each channel over the batch: [C]. */
  readonly variance: Tensor;
}

/** The inverse standard deviation, from the variance v and epsilon e. */
const INVERSE = '(T(1) / sqrt(v + e))';

/**
 * Batch normalisation over all dimensions except the last, with the batch's own statistics (Ioffe and Szegedy 2015;
 * Keras's BatchNormalization in training): gamma · (x - mean) / sqrt(variance + epsilon) + beta. Epsilon defaults to
 * Keras's 1e-3. The output's gradient flows to x, gamma and beta, not through the returned statistics; it can be
 * differentiated once more.
 * @throws ShapeError unless gamma and beta are vectors with one element per channel of x.
 */
export function batchNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon = 1e-3): NormalizedBatch {
  const channels = x.shape.at(-1) ?? 0;
  for (const [name, vector] of [
    ['gamma', gamma],
    ['beta', beta],
  ] as const) {
    if (vector.rank !== 1 || vector.size !== channels) {
      throw new ShapeError(
        `batchNorm: ${name} ${formatShape(vector.shape)} does not fit input ${formatShape(x.shape)}: it needs [${channels}].`,
      );
    }
  }
  const axes = x.shape.slice(0, -1).map((_, d) => d);
  const count = x.size / channels;
  const mean = x.mean(axes);
  // Two passes: E[x²] - E[x]² would cancel where the mean is much larger than the standard deviation.
  const variance = x.sub(mean).square().mean(axes);
  const inverse = formula('inverseDeviation', INVERSE, { v: variance, e: epsilon });

  // Each element recomputes the scale, because another kernel for one number per channel would cost more.
  const scale = `(s * ${INVERSE})`;
  const output = formula(
    'batchNorm',
    `(x - m) * ${scale} + b`,
    { x, m: mean, v: variance, e: epsilon, s: gamma, b: beta },
    {
      sources: [x, gamma, beta],
      // With h = (x - mean) · inverse:  dx = gamma · inverse · (g - (Σg + h · Σ(g·h)) / N)
      gradient: (g) => {
        const dBeta = g.sum(axes);
        const dGamma = g.mul(x.sub(mean)).sum(axes).mul(inverse);
        const fused = `${scale} * (g - (d + (x - m) * (${INVERSE} * k)) * c)`;
        const values = {
          s: gamma,
          v: variance,
          e: epsilon,
          g,
          d: dBeta,
          x,
          m: mean,
          k: dGamma,
          c: 1 / count,
        };
        // The gradient of this gradient flows to per-channel factors, so that none of its kernels reads more tensors
        // than it may bind.
        const [a, p, q] = [gamma.mul(inverse), dBeta.div(count), dGamma.mul(inverse).div(count)];
        const parts = { a, g, p, x, m: mean, q };
        const gradient = byDifferentiation('batchNormGradient', 'a * (g - p - (x - m) * q)', parts);
        const dx = formula('batchNormGradient', fused, values, { gradient, sources: Object.values(parts) });
        return [dx, dGamma, dBeta];
      },
    },
  );
  return { output, mean, variance };
}
