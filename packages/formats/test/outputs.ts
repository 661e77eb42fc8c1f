import { Weights } from '@hourglass/nn';
import { type Device, sizeOf } from '@hourglass/tensor';
import type { TrainedAutoencoder } from '../src/index.ts';
import { takesIndices } from './models.ts';

/** What a model makes of samples, flat. */
export interface Outputs {
  /** All that the encoder gives. */
  readonly encoded: Float32Array;
  readonly codes: Float32Array;
  /** Empty unless the encoder is variational. */
  readonly logVariances: Float32Array;
  readonly samples: Float32Array;
  /** The mean absolute error of each sample, or the root of the mean squared error for a detector that scores by it, in float64. */
  readonly errors: Float32Array;
}

/** What the engine makes of samples, in inference mode. */
export async function outputsOf(device: Device, model: TrainedAutoencoder, rows: Float32Array): Promise<Outputs> {
  const { encoder, decoder, tensors } = model;
  const weights = new Weights(device, [encoder, decoder], 0);
  weights.write(tensors, 'the test');
  const lookup = (name: string) => weights.get(name);
  const size = sizeOf(encoder.inputShape);
  const numbers = takesIndices(model) ? device.integers(Array.from(rows)) : device.tensor(rows);
  const x = numbers.reshape([rows.length / size, ...encoder.inputShape]);
  const encoding = encoder.apply(x, lookup, { training: false });
  const [count, width] = encoding.shape as [number, number];
  const latent = decoder.inputShape[0]!;
  const code = encoding.slice([0, 0], [count, latent]);
  const decoding = decoder.apply(code, lookup, { training: false });
  const [encoded, codes, samples] = await Promise.all([encoding.data(), code.data(), decoding.data()]);
  const logVariances = encoded.filter((_, i) => i % width >= latent);
  const errors = new Float64Array(count);
  const rooted = model.detector?.score === 'rmse';
  if (samples.length === rows.length)
    samples.forEach((y, i) => {
      errors[Math.floor(i / size)]! += (rooted ? (y - rows[i]!) ** 2 : Math.abs(y - rows[i]!)) / size;
    });
  return { encoded, codes, logVariances, samples, errors: Float32Array.from(rooted ? errors.map(Math.sqrt) : errors) };
}

/**
 * Of the largest number. Both sides add up products of float32, each in an order of its own: n terms cost about √n · 2^-24 of their sum,
 * 4e-6 for the 4 096 of the widest layer here, and a model has several layers.
 */
export const TOLERANCE = 1e-5;

/** The largest difference, in units of the largest number. */
export function difference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [worst, scale] = [0, 0];
  expected.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(actual[i]! - value));
    scale = Math.max(scale, Math.abs(value));
  });
  return worst / scale;
}
