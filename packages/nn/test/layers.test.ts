import { type Device, ShapeError } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  dropout,
  flatten,
  type Layer,
  leakyRelu,
  maxPooling2d,
  relu,
  reshape,
  Sequential,
  summary,
  Weights,
} from '../src/index.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

describe('Sequential', () => {
  const model = new Sequential(
    'encoder',
    [6, 6, 1],
    [
      conv2d({ filters: 4, kernelSize: 3, stride: 2 }),
      relu(),
      batchNormalization(),
      conv2d({ filters: 2, kernelSize: 3 }),
      flatten(),
      dense(5),
    ],
  );

  test('names layers as Keras does, with numbers from the second of a kind', () => {
    expect(model.layers.map(({ name }) => name)).toEqual([
      'conv2d',
      're_lu',
      'batch_normalization',
      'conv2d_1',
      'flatten',
      'dense',
    ]);
    expect(model.weights.map(({ name }) => name)).toContain('encoder.batch_normalization.moving_variance');
    expect(model.outputShape).toEqual([5]);
  });

  test('prints shapes and counts like Keras’s summary', () => {
    const text = summary(model);
    expect(text).toMatch(/conv2d \(Conv2D\)\s+\(None, 3, 3, 4\)\s+40\n/);
    expect(text).toMatch(/dense \(Dense\)\s+\(None, 5\)\s+95\n/);
    // 3·3·1·4+4, 4·4, 3·3·4·2+2, 18·5+5. Batch normalisation's moving averages are not trained.
    expect(text).toMatch(/Total params: 225\nTrainable params: 217\nNon-trainable params: 8/);
  });

  test('layers and inputs that do not fit throw with both shapes', () => {
    expect(() => new Sequential('m', [4, 4, 1], [dense(3)])).toThrow(ShapeError);
    expect(() => new Sequential('m', [5], [reshape([2, 3])])).toThrow(/\[5\].*5.*\[2, 3\].*6/);
    const weights = new Weights(device, [model], 0);
    const x = device.zeros([2, 6, 5, 1]);
    expect(() => model.apply(x, (name) => weights.get(name), { training: false })).toThrow(
      /\[batch, 6, 6, 1\].*\[2, 6, 5, 1\].* \(at layers\.test\.ts:\d+\)$/,
    );
    // The error passes through Sequential, a layer and an operation.
    const wrong = (name: string) => (name.endsWith('kernel') ? x : weights.get(name));
    expect(() => model.apply(device.zeros([2, 6, 6, 1]), wrong, { training: false })).toThrow(
      /^conv2d: .* \(at layers\.test\.ts:\d+\)$/,
    );
  });
});

describe('a Sequential that cannot be', () => {
  const make =
    (...layers: unknown[]) =>
    () =>
      new Sequential('m', [8, 8, 1], layers as Layer[]);

  test.each([
    [make([]), 'm: the outputs of parallel layers, none, must differ only in the last dimension.'],
    [make([conv2d({ filters: 2, kernelSize: 3 }), maxPooling2d()]), 'parallel layers, [8, 8, 2] and [4, 4, 1], must'],
    [make([conv2d({ filters: 2, kernelSize: 3 }), flatten()]), 'parallel layers, [8, 8, 2] and [64], must'],
  ])('because of its parallel layers, throws a ShapeError', (of, message) => {
    expect(of).toThrow(ShapeError);
    expect(of).toThrow(message);
  });

  test('because something else is among its layers, throws a TypeError', () => {
    expect(make(relu)).toThrow(TypeError);
    expect(make(flatten(), relu)).toThrow(/^m: a layer is of type function; call layers, as in relu\(\)\. \(at layers/);
    expect(make(undefined)).toThrow('m: a layer is of type undefined');
    expect(make(new Sequential('inner', [8, 8, 1], []))).toThrow('m: a layer is of type object');
  });
});

test('a scalar per sample is a shape', () => {
  expect(new Sequential('m', [1], [reshape([])]).outputShape).toEqual([]);
});

test('a model instead of a list of models throws a TypeError', () => {
  const model = new Sequential('m', [1], [dense(1)]);
  expect(() => new Weights(device, model as never, 0)).toThrow(
    /^the models are no list; write \[model\]\. \(at layers\.test\.ts:\d+\)$/,
  );
});

describe('invalid layer arguments', () => {
  type Loose = (...values: unknown[]) => unknown;
  const loose =
    (of: unknown, ...values: unknown[]) =>
    () =>
      (of as Loose)(...values);

  test.each([
    [loose(conv2d, { filters: 2, kernelSize: 3, padding: 'valid' }), "conv2d: unknown option 'padding'"],
    [
      loose(conv2dTranspose, { filters: 2, kernelSize: 3, strides: 2 }),
      "unknown option 'strides'; the layer has the options",
    ],
    [loose(dense, 3, { activation: 'relu' }), 'dense: {"activation":"relu"} is one argument too many'],
    [loose(batchNormalization, { epsilon: 1e-5 }), 'one argument too many'],
    [loose(relu, 6), 'one argument too many'],
  ])('%s throws a TypeError', (of, message) => {
    expect(of).toThrow(TypeError);
    expect(of).toThrow(message);
    expect(of).toThrow(/\(at layers\.test\.ts:\d+\)$/);
  });

  test.each([
    [loose(conv2d, { filters: 0, kernelSize: 3 }), 'filters is 0'],
    [loose(conv2d, { filters: 2 }), 'kernelSize is undefined'],
    [loose(conv2d, { filters: 2, kernelSize: 3, stride: 1.5 }), 'stride is 1.5'],
    [loose(dense, { units: 3 }), 'units is {"units":3}'],
    [loose(leakyRelu, { alpha: 0.1 }), 'the slope is {"alpha":0.1}'],
    [loose(leakyRelu, Number.NaN), 'leakyRelu: the slope is NaN; it must be a number of 0 or more.'],
    [loose(dropout, '0.5'), 'dropout: the rate is "0.5"; it must be a number of 0 or more and below 1.'],
  ])('%s throws a RangeError', (of, message) => {
    expect(of).toThrow(RangeError);
    expect(of).toThrow(message);
  });
});

test('two models with the same name throw: they would share their weights', () => {
  const twins = [2, 3].map((units) => new Sequential('m', [units], [dense(2)]));
  expect(() => new Weights(device, twins, 0)).toThrow("Two models have a weight 'm.dense.kernel'");
});

describe('initial weights', () => {
  const model = new Sequential(
    'm',
    [8, 8, 16],
    [conv2dTranspose({ filters: 32, kernelSize: 3 }), batchNormalization()],
  );

  test('kernels are Glorot uniform: within √(6 / (fan in + fan out)), with that distribution’s variance', async () => {
    const weights = new Weights(device, [model], 5);
    const kernel = [...(await weights.get('m.conv2d_transpose.kernel').data())];
    const limit = Math.sqrt(6 / (9 * 16 + 9 * 32));
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(limit);
    const variance = kernel.reduce((sum, value) => sum + value * value, 0) / kernel.length;
    // The relative standard error of a uniform's variance is 0.9/√n, about 1.3 % with 4 608 samples; four of them.
    expect(Math.abs(variance / (limit ** 2 / 3) - 1)).toBeLessThan(0.053);
    // The mean is 0. Its standard error is limit / √(3n); the tolerance is four of them.
    const mean = kernel.reduce((sum, value) => sum + value, 0) / kernel.length;
    expect(Math.abs(mean)).toBeLessThan((4 * limit) / Math.sqrt(3 * kernel.length));
  });

  test('in a vector or a scalar, both fans are the number of elements, as in Keras', async () => {
    const custom: Layer = {
      type: 'Scale',
      name: 'scale',
      outputShape: (input) => input,
      weights: () => [
        { name: 'vector', shape: [1000], initial: 'glorotUniform', trainable: true },
        { name: 'scalar', shape: [], initial: 'glorotUniform', trainable: true },
      ],
      apply: (x) => x,
    };
    const weights = new Weights(device, [new Sequential('m', [1], [custom])], 5);
    const values = [...(await weights.get('m.scale.vector').data())].map(Math.abs);
    const limit = Math.sqrt(6 / (1000 + 1000));
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
    // The largest of 1000 uniform numbers is below 98 % of the limit with a probability of 0.98¹⁰⁰⁰ < 2e-9.
    expect(Math.max(...values)).toBeGreaterThan(0.98 * limit);
    expect(Math.abs(await weights.get('m.scale.scalar').item())).toBeLessThanOrEqual(Math.sqrt(6 / 2));
  });

  test('kernels of the same shape differ', async () => {
    const twins = new Weights(device, [new Sequential('m', [4], [dense(4), dense(4)])], 5);
    const [one, other] = await Promise.all(['', '_1'].map((suffix) => twins.get(`m.dense${suffix}.kernel`).data()));
    expect(other).not.toEqual(one);
  });

  test('a leaky ReLU has Keras’s slope by default', async () => {
    const negative = leakyRelu().apply(device.tensor([-1]), {}, { training: false, record: () => {} });
    expect(await negative.item()).toBe(Math.fround(-0.3));
  });

  test('biases 0, gamma 1, beta 0, moving mean 0, moving variance 1', async () => {
    const stored = await new Weights(device, [model], 5).read();
    const unique = (name: string): number[] => [...new Set(stored.get(`m.${name}`)!.data)];
    expect(unique('conv2d_transpose.bias')).toEqual([0]);
    expect(unique('batch_normalization.gamma')).toEqual([1]);
    expect(unique('batch_normalization.beta')).toEqual([0]);
    expect(unique('batch_normalization.moving_mean')).toEqual([0]);
    expect(unique('batch_normalization.moving_variance')).toEqual([1]);
  });
});
