import { gatherRows, shuffledIndices } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import {
  type BatchSource,
  batchNormalization,
  dense,
  leakyRelu,
  meanOfEach,
  type Objective,
  type ObjectiveContext,
  Sequential,
  sigmoid,
  squaredErrors,
  Trainer,
  type TrainerOptions,
  Weights,
} from '../src/index.ts';

export const FEATURES = 8;

export const device = await openDevice();

/** Rows of bytes with structure to learn: a sine wave with a different phase in every row. */
export const bytesOf = (count: number): Uint8Array =>
  Uint8Array.from({ length: count * FEATURES }, (_, i) => {
    const [row, column] = [Math.floor(i / FEATURES), i % FEATURES];
    return 128 + 100 * Math.sin(row * 2.4 + column);
  });

/** A source of `count` shuffled rows. */
export function rows(count: number): BatchSource {
  const data = device.bytes(bytesOf(count), [count, FEATURES]);
  return {
    count,
    batch: (size, position) => gatherRows(data, shuffledIndices(device, size, count, position)).div(255),
  };
}

export const encoder = new Sequential('encoder', [FEATURES], [dense(16), leakyRelu(), batchNormalization(), dense(2)]);
export const decoder = new Sequential('decoder', [2], [dense(16), leakyRelu(), dense(FEATURES), sigmoid()]);

/** Reconstruction from noisy inputs, so that random numbers must also repeat. */
export const objective: Objective = (x, { weights, normal, ...pass }: ObjectiveContext) => {
  const noise = normal(x.shape).mul(pass.training ? 0.01 : 0);
  const errors = squaredErrors(decoder.apply(encoder.apply(x.add(noise), weights, pass), weights, pass), x);
  return { half: errors.mul(0.5), same: meanOfEach(errors).mul(0.5) };
};

/** A trainer of a denoiser on 50 rows, with 4 steps per epoch. */
export function trainer(options: Partial<TrainerOptions> = {}): { trainer: Trainer; weights: Weights } {
  const { seed = 3 } = options;
  const weights = options.weights ?? new Weights(device, [encoder, decoder], seed);
  const data = rows(50);
  const defaults = { weights, objective, training: data, validation: data, batchSize: 16, learningRate: 0.01, seed };
  return { weights, trainer: new Trainer({ ...defaults, ...options }) };
}

/** All weights as bits, so that NaN and -0 count. */
export async function bits(weights: Weights): Promise<Record<string, number[]>> {
  const stored = await weights.read();
  return Object.fromEntries(
    [...stored].map(([name, { data }]) => [name, [...new Uint32Array(data.buffer, data.byteOffset, data.length)]]),
  );
}
