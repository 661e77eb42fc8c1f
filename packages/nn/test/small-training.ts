import { type Device, gatherRows, shuffledIndices } from '@hourglass/tensor';
import {
  batchNormalization,
  dense,
  type Objective,
  Sequential,
  squaredErrors,
  Trainer,
  type TrainerOptions,
  Weights,
} from '../src/index.ts';

const FEATURES = 4;
export const COUNT = 64;
export const BATCH = 8;
export const SEED = 3;
/** All zeros, so its logarithm is not finite. */
export const BAD_ROW = 41;

export const model = new Sequential('model', [FEATURES], [dense(3), batchNormalization(), dense(FEATURES)]);

export const reconstruction: Objective = (x, { weights, ...pass }) => ({
  loss: squaredErrors(model.apply(x, weights, pass), x),
});

/** A trainer for a model with every kind of weight on 64 rows of bytes, with 8 steps per epoch. */
export function smallTraining(
  device: Device,
  options: Partial<Pick<TrainerOptions, 'objective' | 'seed'>> = {},
): { trainer: Trainer; weights: Weights } {
  const { objective = reconstruction, seed = SEED } = options;
  const bytes = Uint8Array.from({ length: COUNT * FEATURES }, (_, i) => 10 + ((i * 97) % 200));
  bytes.fill(0, BAD_ROW * FEATURES, (BAD_ROW + 1) * FEATURES);
  const data = device.bytes(bytes, [COUNT, FEATURES]);
  const rows: TrainerOptions['training'] = {
    count: COUNT,
    batch: (size, position) => gatherRows(data, shuffledIndices(device, size, COUNT, position)).div(255),
  };
  const weights = new Weights(device, [model], seed);
  const recipe = { training: rows, validation: rows, batchSize: BATCH, learningRate: 0.01 };
  return { weights, trainer: new Trainer({ weights, objective, seed, ...recipe }) };
}
