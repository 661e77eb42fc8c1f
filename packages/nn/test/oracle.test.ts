import type { Device } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import {
  checkModel,
  checkTrained,
  loadModel,
  type ModelOracle,
  type OracleModel,
} from '@hourglass/testing/model-oracle';
import { beforeAll, describe, test } from 'vitest';
import {
  absoluteErrors,
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
  squaredErrors,
  Trainer,
} from '../src/index.ts';

const KINDS = ['software', 'hardware'] as const;
let devices: Readonly<Record<(typeof KINDS)[number], Device>>;
beforeAll(async () => {
  devices = { software: await openDevice('software'), hardware: await openDevice('hardware') };
});

function convolutional({ config: { side, c, enc, base, latent, dec, last, alpha } }: ModelOracle): OracleModel {
  const block = (convolution: Layer): Layer[] => [convolution, leakyRelu(alpha), batchNormalization()];
  const [size, channels] = base;
  const encoder = new Sequential(
    'encoder',
    [side, side, c],
    [
      ...enc.flatMap(([filters, stride]) => block(conv2d({ filters, kernelSize: 3, stride }))),
      flatten(),
      dense(latent),
    ],
  );
  const decoder = new Sequential(
    'decoder',
    [latent],
    [
      dense(size * size * channels),
      reshape([size, size, channels]),
      ...dec.flatMap(([filters, stride]) => block(conv2dTranspose({ filters, kernelSize: 3, stride }))),
      conv2dTranspose({ filters: last[0], kernelSize: 3, stride: last[1] }),
      sigmoid(),
    ],
  );
  const outputs: OracleModel['outputs'] = (x, { weights, ...pass }) => {
    const latent = encoder.apply(x, weights, pass);
    return { latent, y: decoder.apply(latent, weights, pass) };
  };
  return { encoder, decoder, outputs, objective: (x, context) => ({ loss: squaredErrors(outputs(x, context).y!, x) }) };
}

function fullyConnected({ config: { dims } }: ModelOracle): OracleModel {
  const half = Math.floor(dims.length / 2);
  const layers = dims.slice(1).map((units, i) => [dense(units), i < dims.length - 2 ? relu() : sigmoid()]);
  const encoder = new Sequential('encoder', [dims[0]!], layers.slice(0, half).flat());
  const decoder = new Sequential('decoder', [dims[half]!], layers.slice(half).flat());
  const outputs: OracleModel['outputs'] = (x, { weights, ...pass }) => {
    return { y: decoder.apply(encoder.apply(x, weights, pass), weights, pass) };
  };
  return {
    encoder,
    decoder,
    outputs,
    objective: (x, context) => ({ loss: absoluteErrors(outputs(x, context).y!, x) }),
  };
}

// Small models with every number stored. packages/experiments compares the report's full-size models with PyTorch.
describe.each(KINDS)('with the tiles of %s', (kind) => {
  test('a convolutional autoencoder matches PyTorch', () => checkModel(devices[kind], 'w1_small', convolutional));
  test('a fully connected autoencoder matches PyTorch', () => checkModel(devices[kind], 'w4_small', fullyConnected));
});

test.each([
  ['w1_small', convolutional],
  ['w4_small', fullyConnected],
] as const)('the trainer makes the same steps as PyTorch: %s', async (name, build) => {
  const loaded = await loadModel(devices.software, name, build);
  const { oracle, model, weights, x } = loaded;
  const whole = { count: x.shape[0]!, batch: () => x };
  const { objective } = model;
  const recipe = { training: whole, validation: whole, batchSize: whole.count, learningRate: oracle.lr, seed: 0 };
  const trainer = new Trainer({ weights, objective, ...recipe });
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) losses.push((await trainer.trainEpoch())!.loss!);
  await checkTrained(loaded, losses);
});
