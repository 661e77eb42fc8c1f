import { type Device, mae, mse } from '@hourglass/tensor';
import { beforeAll, test } from 'vitest';
import { checkModel, type OracleModel } from '../../nn/test/model-oracle.ts';
import { openDevice } from '../../tensor/test/device.ts';
import { type Autoencoder, cartoonAutoencoder, ecgAutoencoder, fashionAutoencoder, fashionVae } from '../src/model.ts';
import { distribution, divergence } from '../src/objectives.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
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
    const random = { seed: device.integers(0), step: device.integers(0) };
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
test('fashion is PyTorch’s', () => checkModel(device, 'w1', plain(fashionAutoencoder({ latent: 2 }), mse)));
test('fashion-vae is PyTorch’s', () => checkModel(device, 'w2', variational(fashionVae({ latent: 2 }))));
// A twentieth of a step of Adam: so much PyTorch's own float32 drifts in fashion-vae, which is made of the same layers.
test('cartoon-vae is PyTorch’s', () =>
  checkModel(device, 'w3', variational(cartoonAutoencoder({ latent: 200 }, true)), 2.5e-5));
test('ecg is PyTorch’s', () => checkModel(device, 'w4', plain(ecgAutoencoder({ latent: 8 }), mae)));
