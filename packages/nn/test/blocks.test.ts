import { batchNorm, type Device, grad, type Tensor } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { expectOracle, load, make, type Spec, type Stored, toleranceOf } from '@hourglass/testing/oracle';
import { beforeAll, describe, expect, test } from 'vitest';
import * as nn from '../src/index.ts';

/** Layers and losses, with all gradients, compared with PyTorch's float64 results (oracles/blocks_oracle.py). */
interface Case {
  readonly name: string;
  readonly op: string;
  readonly attrs: Attributes;
  readonly inputs: Readonly<Record<string, Spec>>;
  readonly dy: Spec;
  readonly expect: Readonly<Record<string, Stored>>;
  readonly torch_f32_max_abs_err: Readonly<Record<string, number>>;
}

interface Attributes {
  readonly layer?: string;
  readonly options?: unknown;
  readonly delta?: number;
  readonly indices?: readonly (readonly number[])[];
}

type Inputs = Readonly<Record<string, Tensor>>;

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const PASS = { training: true, record: () => {} };

/** The mean over samples of (‖∇x Σ scores‖ − 1)². Its gradient is the gradient of a gradient. */
function penalty(x: Tensor, scores: Tensor): Tensor {
  const [gradient] = grad(scores.sum(), [x]);
  const squares = gradient.square().reshape([x.shape[0]!, -1]).sum(1);
  return squares.add(1e-12).sqrt().sub(1).square().mean();
}

type LayerMaker = (options?: unknown) => nn.Layer;

const OPERATIONS: Readonly<Record<string, (inputs: Inputs, attrs: Attributes) => Tensor>> = {
  dense_critic: ({ x, w, gamma, beta, v }) =>
    penalty(x!, batchNorm(x!.matmul(w!).leakyRelu(0.2), gamma!, beta!).output.tanh().matmul(v!)),
  image_critic: ({ x, k, gamma, beta, v }) => {
    const { output } = batchNorm(x!.conv2d(k!, { stride: 2 }), gamma!, beta!);
    return penalty(x!, output.silu().reshape([x!.shape[0]!, -1]).matmul(v!));
  },
  layer: ({ x, ...weights }, { layer, options }) => {
    const make = (nn as unknown as Readonly<Record<string, LayerMaker>>)[layer!]!;
    const made = options === undefined ? make() : make(options);
    const input = x!.shape.slice(1);
    const y = made.apply(x!, weights, PASS);
    expect(y.shape).toEqual([x!.shape[0], ...made.outputShape(input)]);
    expect(made.weights(input).map(({ name, shape }) => [name, shape])).toEqual(
      Object.entries(weights).map(([name, { shape }]) => [name, shape]),
    );
    return y;
  },
  embedding: (weights, { indices }) => {
    const [count, units] = weights.embeddings!.shape as [number, number];
    const x = device.integers(indices!.flat()).reshape([indices!.length, indices![0]!.length]);
    const layer = nn.embedding({ count, units });
    expect(layer.weights(x.shape.slice(1))[0]!.shape).toEqual([count, units]);
    return layer.apply(x, weights, PASS);
  },
  binaryCrossEntropies: ({ prediction, target }) => nn.binaryCrossEntropies(prediction!, target!),
  categoricalCrossEntropies: ({ prediction, target }) => nn.categoricalCrossEntropies(prediction!, target!),
  huberErrors: ({ prediction, target }, { delta }) => nn.huberErrors(prediction!, target!, delta),
};

const { cases } = await load<{ cases: readonly Case[] }>('blocks');

test.each(cases)('PyTorch: $name', async ({ op, attrs, inputs: specs, dy, expect: expected, ...rest }) => {
  const inputs: Inputs = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, device.tensor(make(spec), spec.shape)]),
  );
  const y = OPERATIONS[op]!(inputs, attrs);
  const gradients = grad(y.mul(device.tensor(make(dy), dy.shape)).sum(), Object.values(inputs));
  const found: Inputs = {
    y,
    ...Object.fromEntries(Object.keys(inputs).map((name, i) => [`d_${name}`, gradients[i]!])),
  };
  await device.evaluate(Object.values(found));
  for (const [name, stored] of Object.entries(expected)) {
    expect(found[name]?.shape, name).toEqual(stored.shape);
    const tolerance = toleranceOf(rest.torch_f32_max_abs_err[name]!, stored);
    expectOracle(await found[name]!.data(), stored, tolerance, name);
  }
});

test('cross-entropies of extreme logits neither overflow nor vanish', async () => {
  const [logits, target] = [device.tensor([[-200, 0, 200]]), device.tensor([[0, 0.5, 1]])];
  const binary = nn.binaryCrossEntropies(logits, target);
  const [gradient] = grad(binary.sum(), [logits]);
  expect([...(await binary.data())]).toEqual([0, Math.fround(Math.log(2)), 0]);
  expect([...(await gradient.data())]).toEqual([0, 0, 0]);
  const surprised = nn.binaryCrossEntropies(logits, target.neg().add(1));
  expect([...(await surprised.data())]).toEqual([200, Math.fround(Math.log(2)), 200]);
  const categorical = nn.categoricalCrossEntropies(logits, device.tensor([[1, 0, 0]]));
  expect([...(await categorical.data())]).toEqual([400]);
});

// PyTorch's gradient is σ(x) − t too. The bound is a few roundings of σ.
test('the gradient of a confident binary cross-entropy does not cancel', async () => {
  const values = [-80, -20, -10, -1, 0, 1, 10, 20, 80];
  const x = device.tensor(values);
  const [gradient] = grad(nn.binaryCrossEntropies(x, device.zeros([values.length])).sum(), [x]);
  const found = await gradient.data();
  values.forEach((value, i) => {
    expect(Math.abs(found[i]! * (1 + Math.exp(-value)) - 1), `at ${value}`).toBeLessThan(1e-6);
  });
});

describe('dropout', () => {
  const key = (step: number) => ({ seed: device.integers(7), step: device.integers(step) });
  const applied = async (step: number, training = true): Promise<Float32Array> => {
    const model = new nn.Sequential('m', [1000], [nn.dropout(0.25)]);
    const draws = nn.randomDraws(device, key(step), { training });
    const x = device.tensor(new Float32Array(4000).fill(3), [4, 1000]);
    return model.apply(x, () => x, { training, ...draws }).data();
  };

  test('keeps three of four elements, scaled by 4/3, and different ones at each step', async () => {
    const [one, same, other] = [await applied(0), await applied(0), await applied(1)];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect([...new Set(one)].sort()).toEqual([0, 4]);
    // The standard error of a share of ¾ in 4000 draws is 0.0068; the tolerance is four of them.
    expect(Math.abs(one.filter((value) => value > 0).length / 4000 - 0.75)).toBeLessThan(0.028);
  });

  test('does nothing in inference, and two layers draw different numbers', async () => {
    expect(new Set(await applied(0, false))).toEqual(new Set([3]));
    const model = new nn.Sequential('m', [64], [[nn.dropout(0.5), nn.dropout(0.5)]]);
    const draws = nn.randomDraws(device, key(0), { training: true });
    const x = device.tensor(new Float32Array(64).fill(1), [1, 64]);
    const both = await model.apply(x, () => x, { training: true, ...draws }).data();
    expect(both.slice(0, 64)).not.toEqual(both.slice(64));
  });

  test('throws in training without random numbers, and names what it needs', () => {
    const model = new nn.Sequential('m', [2], [nn.dropout(0.5)]);
    const x = device.zeros([1, 2]);
    expect(() => model.apply(x, () => x, { training: true })).toThrow(/dropout: .*`uniform`/);
    expect(() => nn.dropout(1)).toThrow(RangeError);
  });
});

describe('shapes that do not fit', () => {
  test.each([
    [() => nn.maxPooling2d(3).outputShape([2, 5, 1]), "2x5 can't contain a window of 3x3"],
    [() => nn.conv1d({ filters: 1, kernelSize: 3 }).outputShape([4, 4, 1]), 'needs signals [length, channels]'],
    [
      () => nn.conv2dTranspose({ filters: 1, kernelSize: 3, stride: 2, outputSize: [9, 8] }).outputShape([4, 4, 1]),
      'needs an input of 5x4, not 4x4',
    ],
    [() => nn.conv2d({ filters: 1, kernelSize: [3, 0] }), 'kernelSize is [3,0]'],
  ])('%s', (of, message) => {
    expect(of).toThrow(message);
  });
});
