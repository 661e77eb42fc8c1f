import { type Device, mae, mse } from '@hourglass/tensor';
import { beforeAll, describe, test } from 'vitest';
import { openDevice } from '../../tensor/test/device.ts';
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
} from '../src/index.ts';
import { checkModel, type ModelOracle, type OracleModel } from './model-oracle.ts';

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
  const forward: OracleModel['forward'] = (x, weights, pass) => {
    const code = encoder.apply(x, weights, pass);
    const y = decoder.apply(code, weights, pass);
    return { loss: mse(y, x), outputs: { latent: code, y } };
  };
  return { encoder, decoder, forward };
}

function fullyConnected({ config: { dims } }: ModelOracle): OracleModel {
  const half = Math.floor(dims.length / 2);
  const layers = dims.slice(1).map((units, i) => [dense(units), i < dims.length - 2 ? relu() : sigmoid()]);
  const encoder = new Sequential('encoder', [dims[0]!], layers.slice(0, half).flat());
  const decoder = new Sequential('decoder', [dims[half]!], layers.slice(half).flat());
  const forward: OracleModel['forward'] = (x, weights, pass) => {
    const y = decoder.apply(encoder.apply(x, weights, pass), weights, pass);
    return { loss: mae(y, x), outputs: { y } };
  };
  return { encoder, decoder, forward };
}

// Small models, every number of which is stored. The report's own, in full size, are held against PyTorch in experiments.
describe.each(KINDS)('with the tiles of %s', (kind) => {
  test('a convolutional autoencoder is PyTorch’s', () => checkModel(devices[kind], 'w1_small', convolutional));
  test('a fully connected autoencoder is PyTorch’s', () => checkModel(devices[kind], 'w4_small', fullyConnected));
});
