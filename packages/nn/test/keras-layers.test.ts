import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  dropout,
  flatten,
  type KerasLayer,
  type Layer,
  LayersError,
  leakyRelu,
  matchKeras,
  relu,
  reshape,
  Sequential,
  sigmoid,
} from '../src/index.ts';
import { readArchitecture } from '../src/keras/architecture.ts';
import { readKeras } from '../src/keras/read.ts';

// Keras 2.5 and 3 describe the layers in `model_config`. Weights with the right shapes but different layers are another
// model.

const encoder = (slope = 0.3): Sequential =>
  new Sequential(
    'encoder',
    [4, 4, 1],
    [
      conv2d({ filters: 2, kernelSize: 3, stride: 2 }),
      batchNormalization(),
      leakyRelu(slope),
      flatten(),
      [dense(3), dense(3)],
    ],
  );
const decoder = (stride = 2, target = [2, 2, 2]): Sequential =>
  new Sequential(
    'decoder',
    [3],
    [
      dense(8),
      reshape(target),
      conv2dTranspose({ filters: 2, kernelSize: 3, stride }),
      batchNormalization(),
      leakyRelu(),
      conv2dTranspose({ filters: 1, kernelSize: 3 }),
    ],
  );
const file = (() => {
  const name = 'described.h5'; // keras/make_files.py
  return { name, weights: readKeras(readFileSync(new URL(`keras/${name}`, import.meta.url)), name) };
})();

describe('a saved model of models', () => {
  test('with the same layers is accepted, with any sampling layers between the heads', () => {
    expect(matchKeras([file], [encoder(), decoder()]).size).toBe(20);
    expect(structuredClone(file.weights)).toEqual(file.weights);
  });

  test.each([
    ['slope', encoder(0.2), decoder(), /'leaky_re_lu' is LeakyReLU with slope 0.3, but encoder.leaky_re_lu is .* 0.2/],
    ['stride', encoder(), decoder(1), /'conv2d_transpose' is Conv2DTranspose with stride 2, .* stride 1/],
    ['shape', encoder(), decoder(2, [4, 1, 2]), /'reshape' is Reshape with shape \[2,2,2\], .* \[4,1,2\]/],
    [
      'order',
      new Sequential(
        'encoder',
        [4, 4, 1],
        [
          conv2d({ filters: 2, kernelSize: 3, stride: 2 }),
          leakyRelu(),
          batchNormalization(),
          flatten(),
          [dense(3), dense(3)],
        ],
      ),
      decoder(),
      /^described\.h5: its layer 'batch_normalization' is BatchNormalization .*, but encoder\.leaky_re_lu is LeakyReLU/,
    ],
  ])('with another %s is refused', (_, first, second, message) => {
    const match = () => matchKeras([file], [first, second]);
    expect(match).toThrow(LayersError);
    expect(match).toThrow(expect.objectContaining({ name: 'LayersError' }));
    expect(match).toThrow(message);
  });
});

describe('one flat model', () => {
  const models = [
    new Sequential('encoder', [4], [dense(3), relu(), dense(2), relu()]),
    new Sequential('decoder', [2], [dense(3), batchNormalization(), dense(4), sigmoid()]),
  ];
  const weight = (name: string, input: number, output: number): KerasLayer => ({
    name,
    path: [],
    weights: [
      { name: 'kernel', shape: [input, output], data: new Float32Array(input * output) },
      { name: 'bias', shape: [output], data: new Float32Array(output) },
    ],
  });
  const statistics = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  const layers = [
    weight('a', 4, 3),
    weight('b', 3, 2),
    weight('c', 2, 3),
    {
      name: 'n',
      path: [],
      weights: statistics.map((name) => ({ name, shape: [3], data: new Float32Array(3) })),
    },
    weight('d', 3, 4),
  ];

  interface Described {
    readonly class_name: string;
    readonly config: Record<string, unknown>;
  }
  const layer = (class_name: string, name: string, config: Record<string, unknown> = {}): Described => ({
    class_name,
    config: { name, ...config },
  });
  const layersOf = (change: Partial<Record<string, Described[]>> = {}): Described[] =>
    Object.entries({
      in: [layer('InputLayer', 'in')],
      a: [layer('Dense', 'a', { activation: 'relu' })],
      b: [layer('Dense', 'b', { activation: 'linear' }), layer('Dropout', 'drop')],
      r: [layer('ReLU', 'r', { max_value: null, negative_slope: 0, threshold: 0 })],
      c: [layer('Dense', 'c', { activation: 'linear' })],
      n: [layer('BatchNormalization', 'n', { axis: [1], epsilon: 0.001 })],
      d: [layer('Dense', 'd', { activation: { class_name: 'function', config: 'sigmoid' } })],
      ...change,
    }).flatMap(([, group]) => group ?? []);
  const match = (described: unknown) => () => {
    const architecture = readArchitecture(JSON.stringify(described));
    return matchKeras([{ name: 'flat.h5', weights: { layers, architecture } }], models);
  };
  const sequential = (config: unknown) => ({ class_name: 'Sequential', config });

  test('is accepted as written by Keras 2, Keras 3 and old versions', () => {
    expect(match(sequential({ name: 'model', layers: layersOf() }))().size).toBe(12);
    expect(match(sequential(layersOf()))().size).toBe(12);
    const dtype = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' } };
    const leaky = { module: 'keras.layers', class_name: 'ReLU', config: { name: 'x', negative_slope: 0 } };
    expect(match(sequential(layersOf({ a: [layer('Dense', 'a', { activation: leaky, dtype })] })))().size).toBe(12);
  });

  test.each([
    [{ a: [layer('Dense', 'a', { activation: 'tanh' })] }, "'a' is Tanh, but encoder.re_lu is ReLU"],
    [{ a: [layer('Dense', 'a', { activation: 'linear' })] }, "'b' is Dense, but encoder.re_lu is ReLU"],
    [{ r: [layer('LeakyReLU', 'r', { alpha: 0.1 })] }, "'r' is LeakyReLU with slope 0.1, but encoder.re_lu_1 is ReLU"],
    [{ r: [layer('ReLU', 'r', { max_value: 6 })] }, "'r' is ReLU with most 6, threshold 0, slope 0"],
    [{ r: [] }, 'flat.h5: ends before encoder.re_lu_1 is ReLU'],
    [
      { r: [layer('Activation', 'r', { activation: 'relu' }), layer('Softmax', 's')] },
      "'s' (Softmax with axis -1) is one",
    ],
    [
      { n: [layer('BatchNormalization', 'n', { axis: [1], epsilon: 1e-5 })] },
      "'n' is BatchNormalization with epsilon 0.00001",
    ],
    [{ n: [layer('BatchNormalization', 'n', { axis: [2] })] }, "'n' is BatchNormalization"],
    [{ d: [layer('Dense', 'd')] }, 'flat.h5: ends before decoder.sigmoid is Sigmoid'],
    [{ in: [layer('Rescaling', 'half', { scale: 0.5 })] }, "'half' is Rescaling, but encoder.dense is Dense"],
    [{ b: [layer('Permute', 'p'), layer('Dense', 'b')] }, "'p' is Permute, but encoder.dense_1 is Dense"],
  ])('%j is refused', (change, message) => {
    expect(match(sequential(layersOf(change)))).toThrow(LayersError);
    expect(match(sequential(layersOf(change)))).toThrow(message);
  });

  test('is accepted if it does not describe these layers', () => {
    expect(match(sequential([]))().size).toBe(12);
    expect(match({})().size).toBe(12);
  });
});

test('a target extent of -1, which Keras infers, matches that of the model', () => {
  const model = new Sequential('m', [4], [dense(6), reshape([2, 3])]);
  const weights = [
    { name: 'kernel', shape: [4, 6], data: new Float32Array(24) },
    { name: 'bias', shape: [6], data: new Float32Array(6) },
  ];
  const match = (target_shape: number[]) => () => {
    const layers = [
      { class_name: 'Dense', config: { name: 'd', activation: 'linear' } },
      { class_name: 'Reshape', config: { name: 'r', target_shape } },
    ];
    const architecture = readArchitecture(JSON.stringify({ class_name: 'Sequential', config: { layers } }));
    return matchKeras(
      [{ name: 'f.h5', weights: { layers: [{ name: 'd', path: [], weights }], architecture } }],
      [model],
    );
  };
  expect(match([2, -1])().size).toBe(2);
  expect(match([-1, 2])).toThrow(LayersError);
});

describe('two models in one described file', () => {
  const kernel = (name: string, ...shape: number[]): KerasLayer => ({
    name,
    path: [],
    weights: [
      { name: 'kernel', shape, data: new Float32Array(shape.reduce((size, extent) => size * extent, 1)) },
      { name: 'bias', shape: [shape.at(-1)!], data: new Float32Array(shape.at(-1)!) },
    ],
  });
  const described = (class_name: string, name: string, config: object = {}) => ({
    class_name,
    config: { name, ...config },
  });
  const a = [kernel('a', 3, 4), described('Dense', 'a')] as const;
  const c = [kernel('c', 4, 3), described('Dense', 'c')] as const;
  const picture = [
    kernel('p', 3, 3, 1, 2),
    described('Conv2D', 'p', { kernel_size: [3, 3], strides: [1, 1], padding: 'same' }),
  ] as const;
  const square = described('Reshape', 'square', { target_shape: [2, 2, 1] });
  const rest = described('ReLU', 'rest');
  const drop = described('Dropout', 'drop', { rate: 0.5 });

  type Step = readonly [KerasLayer, object] | object;
  const match = (steps: readonly Step[], models: readonly Layer[][], input = [3]) => {
    const weighted = steps.filter((step): step is readonly [KerasLayer, object] => Array.isArray(step));
    const config = { name: 'model', layers: steps.map((step) => (Array.isArray(step) ? step[1] : step)) };
    const architecture = readArchitecture(JSON.stringify({ class_name: 'Sequential', config }));
    const weights = { layers: weighted.map(([layer]) => layer), architecture };
    let shape: readonly number[] = input;
    const built = models.map((layers, i) => {
      const model = new Sequential(['enc', 'dec'][i]!, shape, layers);
      shape = model.outputShape;
      return model;
    });
    return matchKeras([{ name: 'f.h5', weights }], built).size;
  };
  const conv = () => conv2d({ filters: 2, kernelSize: 3 });

  test.each<[string, readonly Step[], readonly Layer[][]]>([
    ['a reshape', [a, square, picture], [[dense(4)], [reshape([2, 2, 1]), conv()]]],
    ['an activation', [a, rest, c], [[dense(4)], [relu(), dense(3)]]],
    [
      'an activation, which the file has in the layer before it',
      [[a[0], described('Dense', 'a', { activation: 'relu' })], c],
      [[dense(4)], [relu(), dense(3)]],
    ],
    ['dropout', [a, drop, c], [[dense(4)], [dropout(0.5), dense(3)]]],
    ['dropout that the file lacks', [a, c], [[dense(4)], [dropout(0.5), dense(3)]]],
    [
      'dropout and an activation',
      [a, drop, rest, c],
      [
        [dense(4), dropout(0.5)],
        [relu(), dropout(0.5), dense(3)],
      ],
    ],
  ])('the second may begin with %s', (_, steps, models) => {
    expect(match(steps, models)).toBe(4);
  });

  test.each<[string, readonly Step[], readonly Layer[][], string]>([
    ['lacks', [a, c], [[dense(4)], [relu(), dense(3)]], "'c' is Dense, but dec.re_lu is ReLU"],
    ['adds', [a, rest, c], [[dense(4)], [dense(3)]], "'rest' (ReLU) is one too many: the enc ends before it"],
    [
      'has another',
      [a, square, c],
      [[dense(4)], [relu(), dense(3)]],
      "'square' is Reshape with shape [2,2,1], but dec",
    ],
  ])('a file that %s this first layer is refused', (_, steps, models, message) => {
    expect(() => match(steps, models)).toThrow(LayersError);
    expect(() => match(steps, models)).toThrow(message);
  });

  test.each<[string, object, Layer]>([
    ['Reshape((4,))', described('Reshape', 'r', { target_shape: [4] }), reshape([4])],
    ['Reshape((-1,))', described('Reshape', 'r', { target_shape: [-1] }), flatten()],
    ['Flatten()', described('Flatten', 'r'), reshape([4])],
    ['LeakyReLU(0)', described('LeakyReLU', 'r', { alpha: 0 }), leakyRelu(0)],
    ['LeakyReLU(0)', described('LeakyReLU', 'r', { negative_slope: 0 }), relu()],
    ['ReLU()', described('ReLU', 'r'), leakyRelu(0)],
    ['the activation relu', described('Activation', 'r', { activation: 'relu' }), leakyRelu(0)],
  ])('%s is the same as its counterpart', (_, step, layer) => {
    expect(match([a, step, c], [[dense(4), layer, dense(3)]])).toBe(4);
  });
});
