/**
 * jax-js with its WebGPU backend. Its normalisation has no moving averages here, which is slightly less work than in
 * the other peers. Images are [N, C, H, W], the only layout that its convolutions take. A function consumes the arrays
 * that it gets; `ref` keeps an array.
 */
import { createRequire } from 'node:module';
import { provideWebGpu } from './dawn.mjs';
import { serve } from './protocol.mjs';

const require = createRequire(import.meta.url);
const works = require('./works.json');
const version = require('./package.json').dependencies['@jax-js/jax'];
require.resolve('@jax-js/jax');

await serve({ peer: 'jax-js', version }, async (work, size) => {
  const adapter = await provideWebGpu();
  const jax = await import('@jax-js/jax');
  if (!(await jax.init('webgpu')).includes('webgpu')) throw new Error('the WebGPU backend does not start');
  jax.defaultDevice('webgpu');
  return { adapter, step: work === 'W5' ? product(jax, size) : training(jax, works[work], size) };
});

/** An array of random numbers in [low, high). */
function uniform({ numpy }, shape, low, high) {
  const numbers = Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    () => low + (high - low) * Math.random(),
  );
  return numpy.array(numbers).reshape(shape);
}

function product(jax, n) {
  const [a, b] = [uniform(jax, [n, n], 0, 1), uniform(jax, [n, n], 0, 1)];
  const matmul = jax.jit((a, b) => jax.numpy.matmul(a, b));
  return async () => {
    const corner = matmul(a.ref, b.ref).slice([0, 1], [0, 1]);
    return (await corner.data())[0];
  };
}

function training(jax, work, batch) {
  const { numpy: np, jit, valueAndGrad } = jax;
  const weights = [];
  const model = 'widths' in work ? denseModel : imageModel;
  const { inputs, loss } = model(jax, work, batch, weights);
  const lossAndGradient = valueAndGrad(loss);
  const update = jit((weights, m, v, rate, ...inputs) => {
    const [value, gradient] = lossAndGradient(
      weights.map((w) => w.ref),
      ...inputs,
    );
    const newM = m.map((a, i) => a.mul(0.9).add(gradient[i].ref.mul(0.1)));
    const newV = v.map((a, i) => a.mul(0.999).add(np.square(gradient[i]).mul(0.001)));
    const newWeights = weights.map((w, i) => w.sub(newM[i].ref.mul(rate.ref).div(np.sqrt(newV[i].ref).add(1e-7))));
    rate.dispose();
    return [value, newWeights, newM, newV];
  });
  let state = [weights, ...[0, 1].map(() => weights.map(({ shape }) => np.zeros(shape)))];
  let t = 0;
  return async () => {
    t++;
    const rate = np.array([(work.rate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t)]);
    const [value, ...next] = update(...state, rate, ...inputs.map((input) => input.ref));
    state = next;
    return (await value.data())[0];
  };
}

/** Adds a layer's kernel (Glorot uniform) and bias to `weights`; returns their indices. */
function addKernel(jax, weights, shape, fanIn, fanOut, outputs) {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const place = weights.push(uniform(jax, shape, -limit, limit)) - 1;
  weights.push(jax.numpy.zeros([outputs]));
  return [place, place + 1];
}

/** A layer is a function of the weights and its input. */
function dense(jax, weights, inputs, outputs) {
  const [kernel, bias] = addKernel(jax, weights, [inputs, outputs], inputs, outputs, outputs);
  return (w, x) => jax.numpy.matmul(x, w[kernel].ref).add(w[bias].ref);
}

function convolution(jax, weights, operation, inputs, [filters, stride]) {
  const shape = [filters, inputs, 3, 3];
  const [kernel, bias] = addKernel(jax, weights, shape, 9 * inputs, 9 * filters, filters);
  return (w, x) => operation(x, w[kernel].ref, [stride, stride], 'SAME').add(w[bias].ref.reshape([1, filters, 1, 1]));
}

function normalization({ numpy: np }, weights, channels) {
  const gamma = weights.push(np.ones([channels])) - 1;
  const beta = weights.push(np.zeros([channels])) - 1;
  const perChannel = [1, channels, 1, 1];
  const mean = (x) => np.mean(x, [0, 2, 3], { keepdims: true });
  return (w, x) => {
    const centred = x.ref.sub(mean(x));
    const deviation = np.sqrt(mean(np.square(centred.ref)).add(1e-3));
    return centred.div(deviation).mul(w[gamma].ref.reshape(perChannel)).add(w[beta].ref.reshape(perChannel));
  };
}

function applyAll(layers, w, x) {
  return layers.reduce((h, layer) => layer(w, h), x);
}

function denseModel(jax, { widths }, batch, weights) {
  const { numpy: np, nn } = jax;
  const layers = widths.slice(1).flatMap((units, i) => {
    const last = i === widths.length - 2;
    return [dense(jax, weights, widths[i], units), (_, h) => (last ? nn.sigmoid(h) : nn.relu(h))];
  });
  const loss = (w, x) => finish(w, np.mean(np.abs(applyAll(layers, w, x.ref).sub(x))));
  return { inputs: [uniform(jax, [batch, widths[0]], 0, 1)], loss };
}

function imageModel(jax, work, batch, weights) {
  const { numpy: np, lax, nn } = jax;
  const { input, encoder, latent, variational, code, decoder, last, slope } = work;
  const [height, width, channels] = input;
  const withNormalization = (layer, filters) => {
    const activation = (_, h) => nn.leakyRelu(h, slope);
    const normalize = normalization(jax, weights, filters);
    return work.normalization === 'after activation' ? [layer, activation, normalize] : [layer, normalize, activation];
  };
  const stack = (operation, blocks, from) =>
    blocks.flatMap((block, i) => {
      const before = i === 0 ? from : blocks[i - 1][0];
      return withNormalization(convolution(jax, weights, operation, before, block), block[0]);
    });
  const flat = code[0] * code[1] * code[2];
  const down = stack(lax.conv, encoder, channels);
  const toMean = dense(jax, weights, flat, latent);
  const toLogVariance = variational ? dense(jax, weights, flat, latent) : undefined;
  const fromCode = dense(jax, weights, latent, flat);
  const up = [
    ...stack(lax.convTranspose, decoder, code[2]),
    convolution(jax, weights, lax.convTranspose, decoder.at(-1)[0], last),
  ];
  const decode = (w, z) => nn.sigmoid(applyAll(up, w, fromCode(w, z).reshape([batch, code[2], code[0], code[1]])));
  const squaredError = (y, x) => np.mean(np.square(y.sub(x)));

  const x = uniform(jax, [batch, channels, height, width], 0, 1);
  const features = (w, x) => applyAll(down, w, x).reshape([batch, flat]);
  if (!variational) {
    return { inputs: [x], loss: (w, x) => finish(w, squaredError(decode(w, toMean(w, features(w, x.ref))), x)) };
  }
  const loss = (w, x, epsilon) => {
    const h = features(w, x.ref);
    const mean = toMean(w, h.ref);
    const logVariance = toLogVariance(w, h);
    const z = mean.ref.add(np.exp(logVariance.ref.mul(0.5)).mul(epsilon));
    const reconstruction = squaredError(decode(w, z), x).mul(1000);
    const terms = logVariance.ref.add(1).sub(np.square(mean)).sub(np.exp(logVariance));
    return finish(w, reconstruction.add(np.mean(np.sum(terms, 1)).mul(-0.5)));
  };
  return { inputs: [x, uniform(jax, [batch, latent], -1, 1)], loss };
}

/** The layers kept references to the weights: this consumes them. */
function finish(weights, loss) {
  for (const weight of weights) weight.dispose();
  return loss;
}
