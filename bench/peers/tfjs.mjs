/** TensorFlow.js with its WebGPU backend. */
import { createRequire } from 'node:module';
import { provideWebGpu } from './dawn.mjs';
import { serve } from './protocol.mjs';

const require = createRequire(import.meta.url);
const works = require('./works.json');
const { version } = require('@tensorflow/tfjs/package.json');

await serve({ peer: 'tfjs-webgpu', version }, async (work, size) => {
  const adapter = await provideWebGpu();
  const tf = require('@tensorflow/tfjs');
  require('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) throw new Error('the WebGPU backend does not start');
  return { adapter, step: work === 'W5' ? product(tf, size) : training(tf, works[work], size) };
});

function product(tf, n) {
  const [a, b] = [tf.randomUniform([n, n]), tf.randomUniform([n, n])];
  return async () => {
    const corner = tf.tidy(() => tf.matMul(a, b).slice([0, 0], [1, 1]));
    const [value] = await corner.data();
    corner.dispose();
    return value;
  };
}

function training(tf, work, batch) {
  const loss = 'widths' in work ? denseLoss(tf, work, batch) : imageLoss(tf, work, batch);
  tf.tidy(loss); // makes the weights: the optimiser sees only weights that exist before its step
  const adam = tf.train.adam(work.rate, 0.9, 0.999, 1e-7);
  return async () => {
    const value = adam.minimize(loss, true);
    const [number] = await value.data();
    value.dispose();
    return number;
  };
}

function applyAll(layers, x) {
  return layers.reduce((h, layer) => layer.apply(h, { training: true }), x);
}

function denseLoss(tf, { widths }, batch) {
  const layers = widths
    .slice(1)
    .map((units, i) => tf.layers.dense({ units, activation: i === widths.length - 2 ? 'sigmoid' : 'relu' }));
  const x = tf.randomUniform([batch, widths[0]]);
  return () => tf.losses.absoluteDifference(x, applyAll(layers, x));
}

function imageLoss(tf, work, batch) {
  const { input, encoder, latent, variational, code, decoder, last, normalization, slope } = work;
  const { layers } = tf;
  const shape = ([filters, strides]) => ({ filters, kernelSize: 3, strides, padding: 'same' });
  const withNormalization = (layer) => {
    const both = [layers.batchNormalization({ momentum: 0.99, epsilon: 1e-3 }), layers.leakyReLU({ alpha: slope })];
    return [layer, ...(normalization === 'after activation' ? both.reverse() : both)];
  };
  const down = [...encoder.flatMap((block) => withNormalization(layers.conv2d(shape(block)))), layers.flatten()];
  const up = [
    layers.dense({ units: code[0] * code[1] * code[2] }),
    layers.reshape({ targetShape: code }),
    ...decoder.flatMap((block) => withNormalization(layers.conv2dTranspose(shape(block)))),
    layers.conv2dTranspose({ ...shape(last), activation: 'sigmoid' }),
  ];
  const [toMean, toLogVariance] = [layers.dense({ units: latent }), layers.dense({ units: latent })];
  const x = tf.randomUniform([batch, ...input]);
  return () => {
    const features = applyAll(down, x);
    const mean = toMean.apply(features);
    if (!variational) return tf.losses.meanSquaredError(x, applyAll(up, mean));
    const logVariance = toLogVariance.apply(features);
    const z = mean.add(
      logVariance
        .div(2)
        .exp()
        .mul(tf.randomNormal([batch, latent])),
    );
    const divergence = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum(1).mean().mul(-0.5);
    return tf.losses.meanSquaredError(x, applyAll(up, z)).mul(1000).add(divergence);
  };
}
