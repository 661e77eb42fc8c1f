import { adam, adamRate, Device, mae, mse, type Tensor, type Variable } from '@hourglass/tensor';
import { requestAdapter } from '@hourglass/tensor/node';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  expectOracle,
  type Fingerprint,
  load,
  make,
  type Spec,
  type Stored,
  toleranceOf,
} from '../../tensor/test/oracles/oracle.ts';
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
  Weights,
} from '../src/index.ts';

// Whole models against PyTorch in float64 with Keras's semantics: forward, loss, every gradient, weights after Adam steps.

type Group = Record<string, Stored | Fingerprint>;
type Errors = Record<string, [maxAbsolute: number, relativeL2: number]>;

interface ModelOracle {
  config: {
    side: number;
    c: number;
    enc: [number, number][];
    base: [number, number];
    latent: number;
    dec: [number, number][];
    last: [number, number];
    alpha: number;
    dims: number[];
  };
  batch: number;
  lr: number;
  inputs: { x: Spec };
  params: (Spec & { name: string })[];
  expect: {
    losses: number[];
    out: Group;
    grads: Group;
    after1: Group;
    after3: Group;
    moving3?: { biased: Group };
    inference_after3?: Group;
  };
  torch_f32_err: {
    losses: number[];
    out: Errors;
    grads: Errors;
    after1: Errors;
    after3: Errors;
    moving3?: Errors;
    inference_after3?: Errors;
  };
}

function convolutionalModels({
  config: { side, c, enc, base, latent, dec, last, alpha },
}: ModelOracle): [Sequential, Sequential] {
  const block = (convolution: Layer): Layer[] => [convolution, leakyRelu(alpha), batchNormalization()];
  const encoder = [
    ...enc.flatMap(([filters, stride]) => block(conv2d({ filters, kernelSize: 3, stride }))),
    flatten(),
    dense(latent),
  ];
  const [size, channels] = base;
  const decoder = [
    dense(size * size * channels),
    reshape([size, size, channels]),
    ...dec.flatMap(([filters, stride]) => block(conv2dTranspose({ filters, kernelSize: 3, stride }))),
    conv2dTranspose({ filters: last[0], kernelSize: 3, stride: last[1] }),
    sigmoid(),
  ];
  return [new Sequential('encoder', [side, side, c], encoder), new Sequential('decoder', [latent], decoder)];
}

function denseModels({ config: { dims } }: ModelOracle): [Sequential, Sequential] {
  const half = Math.floor(dims.length / 2);
  const layers = dims.slice(1).map((units, i) => [dense(units), i < dims.length - 2 ? relu() : sigmoid()]);
  return [
    new Sequential('encoder', [dims[0]!], layers.slice(0, half).flat()),
    new Sequential('decoder', [dims[half]!], layers.slice(half).flat()),
  ];
}

const CASES = [
  { name: 'w1_small', build: convolutionalModels, loss: mse },
  { name: 'w1', build: convolutionalModels, loss: mse },
  { name: 'w4_small', build: denseModels, loss: mae },
  { name: 'w4', build: denseModels, loss: mae },
];

let device: Device;
beforeAll(async () => {
  const { adapter, info } = await requestAdapter();
  device = await Device.create(adapter, info.kind);
});

describe.each(CASES)('$name', ({ name, build, loss }) => {
  test('forward, loss, gradients, weights after 1 and 3 steps, moving statistics, inference', async () => {
    const oracle = load<ModelOracle>(name);
    const [encoder, decoder] = build(oracle);
    const weights = new Weights(device, [encoder, decoder], 0);
    // The oracle's parameters come in the order in which the layers ask for theirs.
    expect(weights.trainableNames.map((own) => weights.get(own).shape)).toEqual(
      oracle.params.map(({ shape }) => shape),
    );
    const own = new Map(oracle.params.map((spec, i) => [spec.name, weights.trainableNames[i]!]));
    for (const spec of oracle.params) weights.get(own.get(spec.name)!).write(make(spec));
    const x = device.tensor(make(oracle.inputs.x), oracle.inputs.x.shape);
    const moments = [0, 0].map(() => device.variable(new Float32Array(weights.trainable.size))) as [Variable, Variable];
    const gradients = device.variable(new Float32Array(weights.trainable.size));
    const lookup = (weight: string): Tensor => weights.get(weight);

    const step = await device.compile({ rate: 'f32' }, ({ rate }) => {
      const moved = new Map<string, Tensor>();
      const pass = { training: true, record: (weight: string, value: Tensor) => void moved.set(weight, value) };
      const code = encoder.apply(x, lookup, pass);
      const y = decoder.apply(code, lookup, pass);
      const value = loss(y, x);
      const gradient = weights.gradient(value);
      const [m, v] = moments;
      return {
        outputs: { loss: value, y, latent: code },
        updates: [
          gradients.assign(gradient),
          adam({ weights: weights.trainable, m, v }, gradient, rate),
          ...weights.move(moved, 0.99),
        ],
      };
    });

    const losses: number[] = [];
    for (let t = 1; t <= 4; t++) {
      const rate = adamRate(oracle.lr, t);
      if (t === 4) {
        const before = await weights.read();
        step.run({ rate });
        losses.push((await step.read('loss'))[0]!);
        weights.write(before, 'the weights before step 4');
        break;
      }
      step.run({ rate });
      losses.push((await step.read('loss'))[0]!);
      if (t === 1) {
        for (const [output, stored] of Object.entries(oracle.expect.out)) {
          compare(`out ${output}`, await step.read(output), stored, oracle.torch_f32_err.out[output]!);
        }
        for (const [parameter, stored] of Object.entries(oracle.expect.grads)) {
          const found = await weights.viewLike(gradients, own.get(parameter)!).data();
          compare(`gradient of ${parameter}`, found, stored, oracle.torch_f32_err.grads[parameter]!);
        }
      }
      const expected = { 1: oracle.expect.after1, 3: oracle.expect.after3 }[t];
      const errors = { 1: oracle.torch_f32_err.after1, 3: oracle.torch_f32_err.after3 }[t];
      for (const [parameter, stored] of Object.entries(expected ?? {})) {
        compare(`${parameter} after step ${t}`, await lookup(own.get(parameter)!).data(), stored, errors![parameter]!);
      }
    }
    oracle.expect.losses.forEach((expected, t) => {
      // Ten times the error of PyTorch's own float32, and never less than a few units of float32's last place.
      const tolerance = Math.max(10 * oracle.torch_f32_err.losses[t]!, 1e-6 * expected);
      expect(Math.abs(losses[t]! - expected), `loss of step ${t + 1}`).toBeLessThanOrEqual(tolerance);
    });

    const { moving3, inference_after3: inference } = oracle.expect;
    if (moving3 === undefined || inference === undefined) return;
    for (const [parameter, stored] of Object.entries(moving3.biased)) {
      const [block, statistic] = parameter.split('/') as [string, string];
      const normalization = own.get(`${block}/gamma`)!.replace('.gamma', '');
      const found = await lookup(`${normalization}.${statistic}`).data();
      compare(parameter, found, stored, oracle.torch_f32_err.moving3![parameter]!);
    }
    const code = encoder.apply(x, lookup, { training: false });
    const y = decoder.apply(code, lookup, { training: false });
    await device.evaluate([code, y]);
    compare('inference z', await code.data(), inference.z!, oracle.torch_f32_err.inference_after3!.z!);
    compare('inference y', await y.data(), inference.y!, oracle.torch_f32_err.inference_after3!.y!);
  });
});

function compare(what: string, found: Float32Array, stored: Stored | Fingerprint, error: [number, number]): void {
  expectOracle(found, stored, toleranceOf(error, stored), what);
}
