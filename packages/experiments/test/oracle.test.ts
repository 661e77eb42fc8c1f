import { type Device, mae, mse } from '@hourglass/tensor';
import { beforeAll, describe, test } from 'vitest';
import { checkModel, type OracleModel } from '../../nn/test/model-oracle.ts';
import { requestAdapter } from '../../node/src/index.ts';
import { openDevice } from '../../tensor/test/device.ts';
import { type Autoencoder, cartoonAutoencoder, ecgAutoencoder, fashionAutoencoder, fashionVae } from '../src/model.ts';
import { distribution, divergence } from '../src/objectives.ts';

const KINDS = ['software', 'hardware'] as const;
const { info } = await requestAdapter();
let devices: Readonly<Record<(typeof KINDS)[number], Device>>;
beforeAll(async () => {
  devices = { software: await openDevice('software'), hardware: await openDevice('hardware') };
});

const plain = (model: Autoencoder, loss: typeof mse) => (): OracleModel => ({
  ...model,
  forward: (x, weights, pass) => {
    const latent = model.encoder.apply(x, weights, pass);
    const y = model.decoder.apply(latent, weights, pass);
    return { loss: loss(y, x), outputs: { latent, y } };
  },
});

/** The oracle brings its own epsilon, and reports the parts of the loss for each sample; here their means are the loss. */
const variational = (model: Autoencoder) => (): OracleModel => ({
  ...model,
  forward: (x, weights, pass, eps) => {
    const random = { seed: x.device.integers(0), step: x.device.integers(0) };
    const { mean, logVariance } = distribution(model, x, { weights, record: () => {}, ...pass, random });
    const z = mean.add(logVariance.mul(0.5).exp().mul(eps!));
    const y = model.decoder.apply(z, weights, pass);
    const recon_per_sample = y.sub(x).square().mean([1, 2, 3]).mul(1000);
    const kl_per_sample = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum(1).mul(-0.5);
    const loss = mse(y, x).mul(1000).add(divergence(mean, logVariance));
    return { loss, outputs: { mean, log_var: logVariance, z, y, recon_per_sample, kl_per_sample } };
  },
});

// The models of the report in full size, from the project's own definitions.
describe.each(KINDS)('with the tiles of %s', (kind) => {
  // Another order of additions can give a LeakyReLU's input the other sign, and the gradient another slope: with the tiles of hardware one
  // of 376 320 in fashion's second step is 1.4e-7 instead of -8.0e-8, which moves weights by up to a fifth of a step, and the next loss by
  // 1e-5 of itself. So only what the tight bounds were seen to hold for is held to them that long; outputs, gradients and the first step
  // are held to them everywhere.
  const tight = kind === 'software' && info.kind === 'software';
  const allowed = tight ? {} : { weights: 0.25, losses: 1e-4 };

  test('fashion is PyTorch’s', () =>
    checkModel(devices[kind], 'w1', plain(fashionAutoencoder({ latent: 2 }), mse), allowed));
  test('fashion-vae is PyTorch’s', () =>
    checkModel(devices[kind], 'w2', variational(fashionVae({ latent: 2 })), allowed));
  // A twentieth of a step: so much PyTorch's own float32 drifts in fashion-vae, which is made of the same layers.
  test('cartoon-vae is PyTorch’s', () =>
    checkModel(devices[kind], 'w3', variational(cartoonAutoencoder({ latent: 200 }, true)), {
      weights: 0.05,
      ...allowed,
    }));
  test('ecg is PyTorch’s', () => checkModel(devices[kind], 'w4', plain(ecgAutoencoder({ latent: 8 }), mae), allowed));
});
