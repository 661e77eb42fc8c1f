import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  FileFormatError,
  flatten,
  type KerasLayer,
  type KerasWeights,
  leakyRelu,
  matchKeras,
  reshape,
  Sequential,
  sigmoid,
  WeightsError,
} from '../src/index.ts';
import { readKeras } from '../src/keras/read.ts';

/** The model of keras/make_files.py, which is variational, or its plain counterpart. */
function models({ latent = 3, variational = true } = {}): Sequential[] {
  return [
    new Sequential(
      'encoder',
      [4, 4, 1],
      [
        conv2d({ filters: 2, kernelSize: 3, stride: 2 }),
        batchNormalization(),
        leakyRelu(),
        flatten(),
        variational ? [dense(latent), dense(latent)] : dense(latent),
      ],
    ),
    new Sequential(
      'decoder',
      [latent],
      [
        dense(8),
        reshape([2, 2, 2]),
        conv2dTranspose({ filters: 2, kernelSize: 3, stride: 2 }),
        batchNormalization(),
        leakyRelu(),
        conv2dTranspose({ filters: 1, kernelSize: 3 }),
      ],
    ),
  ];
}

const bytesOf = (name: string): Uint8Array => readFileSync(new URL(`keras/${name}`, import.meta.url));
const read = (name: string) => ({ weights: readKeras(bytesOf(name), name), name });
const kerasLayer = (name: string, shapes: Record<string, number[]>): KerasLayer => ({
  name,
  path: [],
  weights: Object.entries(shapes).map(([weight, shape]) => {
    const data = new Float32Array(shape.reduce((size, extent) => size * extent, 1));
    return { name: weight, shape, data: data.map((_, i) => name.length + i) };
  }),
});

describe('files in every form', () => {
  test.each([
    ['a whole model of models, with the encoder’s layers repeated', ['whole.h5']],
    ['the weights of one flat model that samples with exp, with padded names', ['flat.h5']],
    ['encoder and decoder', ['encoder.h5', 'decoder.h5']],
    ['decoder and encoder', ['decoder.h5', 'encoder.h5']],
  ])('%s', (_, files) => {
    const built = models();
    const matched = matchKeras(files.map(read), built);
    const specs = built.flatMap(({ weights }) => weights);
    expect([...matched.keys()]).toEqual(specs.map(({ name }) => name));
    for (const [w, { name, shape }] of specs.entries()) {
      const { data, shape: found } = matched.get(name)!;
      expect(found).toEqual(shape);
      expect(data).toHaveLength(shape.reduce((size, extent) => size * extent, 1));
      expect(data).toEqual(data.map((_, i) => w + i / 1024)); // what make_files.py wrote
    }
  });

  test('are read in their own layer order, with the models that contain the layers', () => {
    const { layers } = readKeras(bytesOf('whole.h5'), 'whole.h5');
    const path = ['encoder'];
    expect(layers.slice(0, 5).map(({ name, path }) => ({ name, path }))).toEqual([
      { name: 'input_1', path: [] },
      { name: 'conv2d', path },
      { name: 'batch_normalization', path },
      { name: 'mean', path },
      { name: 'log_var', path },
    ]);
    expect(layers[0]!.weights).toEqual([]);
    expect(layers[2]!.weights.map(({ name }) => name)).toEqual(['gamma', 'beta', 'moving_mean', 'moving_variance']);
    expect(layers.slice(-2).map(({ name }) => name)).toEqual(['tf.math.exp', 'add_loss']);
    expect(readKeras(bytesOf('encoder.h5'), 'encoder.h5').layers[1]).toMatchObject({ name: 'conv2d', path });
  });

  test('give plain data that a worker can send, from bytes at any offset in their buffer', () => {
    const expected = readKeras(bytesOf('decoder.h5'), 'decoder.h5');
    const shifted = new Uint8Array([0, 0, 0, ...bytesOf('decoder.h5'), 0]).subarray(3);
    expect(structuredClone(readKeras(shifted, 'decoder.h5'))).toEqual(expected);
  });
});

describe('the heads of a variational encoder', () => {
  const [encoder] = models() as [Sequential, Sequential];
  const trunk = [
    kerasLayer('conv2d_7', { kernel: [3, 3, 1, 2], bias: [2] }),
    kerasLayer('bn', { gamma: [2], beta: [2], moving_mean: [2], moving_variance: [2] }),
  ];

  test.each([
    ['mean', 'log_var', 'mean'],
    ['z_log_var', 'z_mean', 'z_mean'],
    ['log_sigma', 'mu', 'mu'],
    ['dense_10', 'dense_9', 'dense_9'],
    ['dense_1', 'dense', 'dense'],
    ['dense', 'dense_1', 'dense'],
    ['second', 'first_one', 'second'],
  ])('%s, %s: the mean is %s', (first, second, mean) => {
    const heads = [first, second].map((name) => kerasLayer(name, { kernel: [8, 3], bias: [3] }));
    const matched = matchKeras([{ weights: { layers: [...trunk, ...heads] }, name: 'h5' }], [encoder]);
    const variance = mean === first ? second : first;
    expect(matched.get('encoder.dense.kernel')!.data).toEqual(
      heads.find(({ name }) => name === mean)!.weights[0]!.data,
    );
    expect(matched.get('encoder.dense_1.kernel')!.data).toEqual(
      heads.find(({ name }) => name === variance)!.weights[0]!.data,
    );
  });
});

describe('weights of another model', () => {
  const renamed = (file: string, name: string) => ({ ...read(file), name });
  const other: KerasWeights = { layers: [kerasLayer('dense_7', { kernel: [140, 32], bias: [32] })] };

  test.each([
    [
      'another latent size',
      [read('whole.h5')],
      models({ latent: 5 }),
      "whole.h5: its layer 'encoder/mean' has kernel [8, 3], bias [3], but encoder.dense needs kernel [8, 5], bias [5]",
    ],
    [
      'another decoder',
      [read('encoder.h5'), { weights: other, name: 'ecg.h5' }],
      models(),
      "ecg.h5: its layer 'dense_7' has kernel [140, 32], bias [32], but decoder.dense needs kernel [3, 8], bias [8]",
    ],
    [
      'another experiment',
      [{ weights: other, name: 'ecg.h5' }],
      models(),
      "ecg.h5: its layer 'dense_7' has kernel [140, 32], bias [32], but encoder.conv2d needs kernel [3, 3, 1, 2], bias [2]",
    ],
    [
      'only the encoder',
      [read('encoder.h5')],
      models(),
      'encoder.h5: no weights for the decoder, which begins with decoder.dense, kernel [3, 8], bias [8]',
    ],
    [
      'only the decoder',
      [read('decoder.h5')],
      models(),
      'decoder.h5: no weights for the encoder, which begins with encoder.conv2d, kernel [3, 3, 1, 2], bias [2]',
    ],
    [
      'a variational encoder for a plain one',
      [read('encoder.h5'), read('decoder.h5')],
      models({ variational: false }),
      "encoder.h5: its layer 'encoder/log_var' with kernel [8, 3], bias [3] is one too many",
    ],
    [
      'a plain encoder for a variational one',
      [{ weights: { layers: read('encoder.h5').weights.layers.slice(0, 4) }, name: 'plain.h5' }, read('decoder.h5')],
      models(),
      "plain.h5: ends after its layer 'encoder/mean', but encoder.dense_1 with kernel [8, 3], bias [3] must follow",
    ],
    [
      'one model twice',
      [read('encoder.h5'), read('decoder.h5'), renamed('encoder.h5', 'again.h5')],
      models(),
      "again.h5: its layer 'encoder/conv2d' with kernel [3, 3, 1, 2], bias [2] is one too many",
    ],
    ['no layers', [{ weights: { layers: [] }, name: 'empty.h5' }], models(), 'empty.h5: no weights for the encoder'],
  ])('%s', (_, files, built, message) => {
    expect(() => matchKeras(files, built)).toThrow(WeightsError);
    expect(() => matchKeras(files, built)).toThrow(message);
  });
});

describe('unreadable files', () => {
  /** Every occurrence of `from` in a file replaced by `to`, of the same length. */
  const patched = (name: string, from: Uint8Array, to: Uint8Array): Uint8Array => {
    const bytes = Buffer.from(bytesOf(name));
    let at = bytes.indexOf(from);
    expect(at).toBeGreaterThan(0);
    for (; at >= 0; at = bytes.indexOf(from, at + 1)) bytes.set(to, at);
    return bytes;
  };
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  const sizes = (...extents: number[]): Uint8Array =>
    new Uint8Array(BigUint64Array.from(extents, (extent) => BigInt(extent)).buffer);

  test.each([
    ['nothing', new Uint8Array(), 'not an HDF5 file'],
    ['a text', text('epoch,loss\n1,0.03\n'), 'not an HDF5 file'],
    [
      'HDF5 of others',
      patched('decoder.h5', text('layer_names'), text('other_names')),
      "without weights of Keras: it has neither 'layer_names' nor groups 'vars'",
    ],
    ['a layer without its list', patched('decoder.h5', text('weight_names'), text('others_names')), "'weight_names'"],
    [
      '64-bit floats',
      bytesOf('double.h5'),
      "'dense/kernel:0' has the type <f8; floats of 32 or 16 bits (<f4, <f2) can be read",
    ],
    [
      'a shape of gigabytes',
      patched('decoder.h5', sizes(3, 8), sizes(3 * 2 ** 28, 8)),
      "'dense/kernel:0' of shape [805306368, 8] can't fit in a file of 20072 bytes",
    ],
    // flat.h5 has 13 layers with names of equal length. Without our limit, jsfive would run for minutes.
    ['a list of millions', patched('flat.h5', sizes(13, 13), sizes(2 ** 31, 13)), 'damaged'],
  ])('%s', (_, bytes, message) => {
    expect(() => readKeras(bytes, 'some.h5')).toThrow(FileFormatError);
    expect(() => readKeras(bytes, 'some.h5')).toThrow(message);
  });

  /** Far above the 10 ms of an undamaged file on a slow machine, far below an endless loop. */
  const LIMIT_MS = 3000;
  const readInTime = (bytes: Uint8Array): KerasWeights | FileFormatError => {
    const start = performance.now();
    try {
      return readKeras(bytes, 'damaged.h5');
    } catch (error) {
      if (!(error instanceof FileFormatError)) throw error;
      return error;
    } finally {
      expect(performance.now() - start).toBeLessThan(LIMIT_MS);
    }
  };

  test.each(['whole.h5', 'flat.h5'])('%s cut short', (name) => {
    const bytes = bytesOf(name);
    for (let length = 0; length < bytes.length; length += 97) {
      expect(readInTime(bytes.subarray(0, length))).toMatchObject({
        message: expect.stringMatching(length < 8 ? /not an HDF5/ : length < 48 ? /damaged/ : /cut short: it has \d+/),
      });
    }
  });

  test.each(['whole.h5', 'flat.h5'])('%s with changed bytes: an error or weights within the time limit', (name) => {
    const bytes = bytesOf(name);
    const warn = vi.spyOn(console, 'warn');
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, value] of changes) damaged[at] = value;
        readInTime(damaged);
      }),
      { numRuns: 500 },
    );
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

test('a model without weights takes no layers', () => {
  const built = models();
  const files = [read('encoder.h5'), read('decoder.h5')];
  const plain = new Sequential('plain', [2], [sigmoid()]);
  expect(matchKeras(files, [plain, ...built])).toEqual(matchKeras(files, built));
  expect(() => matchKeras(files, [plain])).toThrow('is one too many: plain has all weights without it.');
});

test('a repeated layer is a copy only if its numbers are the same', () => {
  const model = new Sequential('m', [2], [dense(3)]);
  const layer = kerasLayer('dense', { kernel: [2, 3], bias: [3] });
  const within = { ...layer, path: ['encoder'] };
  const other = {
    ...within,
    weights: layer.weights.map((weight) => ({ ...weight, data: weight.data.map((x) => x + 1) })),
  };
  const match = (...layers: KerasLayer[]) => matchKeras([{ name: 'f.h5', weights: { layers } }], [model]);
  expect(match(layer, within).size).toBe(2);
  expect(() => match(layer, other)).toThrow('one too many');
});
