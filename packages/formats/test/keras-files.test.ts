import { readFileSync } from 'node:fs';
import {
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  FileFormatError,
  flatten,
  type KerasLayer,
  LayersError,
  leakyRelu,
  matchKeras,
  relu,
  reshape,
  Sequential,
  type StoredTensor,
  sigmoid,
  WeightsError,
} from '@hourglass/nn';
import { strToU8, unzipSync, type Zippable, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { halfToNumber, numberToHalf } from '../../nn/src/half.ts';
import { kerasFiles } from '../src/index.ts';
import { readKerasFile } from '../src/keras/read.ts';

/** The model of keras/make_files.py. */
function models({ latent = 3, slope = 0.3 } = {}): [Sequential, Sequential] {
  return [
    new Sequential(
      'encoder',
      [4, 4, 1],
      [
        conv2d({ filters: 2, kernelSize: 3, stride: 2 }),
        batchNormalization(),
        leakyRelu(slope),
        flatten(),
        [dense(latent), dense(latent)],
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
        leakyRelu(0.3),
        conv2dTranspose({ filters: 1, kernelSize: 3 }),
      ],
    ),
  ];
}

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`keras/${name}`, import.meta.url)));
const read = (name: string) => ({ weights: readKerasFile(bytesOf(name), name), name });

/** The weights in their order, with what make_files.py wrote, or `value` of it. */
function expectWritten(matched: ReadonlyMap<string, StoredTensor>, value = (number: number) => number) {
  const specs = models().flatMap(({ weights }) => weights);
  expect([...matched.keys()]).toEqual(specs.map(({ name }) => name));
  for (const [w, { name, shape }] of specs.entries()) {
    const { data, shape: found } = matched.get(name)!;
    expect(found, name).toEqual(shape);
    expect(data, name).toEqual(data.map((_, i) => value(w + i / 1024)));
  }
}

describe('files of Keras 3.15', () => {
  test.each([
    ['an archive of a model of models, with optimiser and dropout', ['nested.keras']],
    ['the same as HDF5', ['nested.h5']],
    ['its weights', ['nested.weights.h5']],
    ['encoder and decoder', ['encoder.keras', 'decoder.keras']],
    ['decoder and encoder', ['decoder.keras', 'encoder.keras']],
    ['an archive of one flat model', ['flat.keras']],
    ['its weights', ['flat.weights.h5']],
    ['the weights of a class of one’s own', ['own.weights.h5']],
  ])('%s', (_, files) => {
    expectWritten(matchKeras(files.map(read), models()));
  });

  test('weights of 16 bits are widened', () => {
    expectWritten(matchKeras([read('half.keras')], models()), (number) => halfToNumber(numberToHalf(number)));
  });

  test('are read with the names of layers, and of the models around them', () => {
    const named = (file: string) =>
      read(file)
        .weights.layers.map(({ path, name }) => [...path, name].join('/'))
        .sort();
    const expected = ['conv2d_transpose', 'draw', 'widen'].map((name) => `decoder/${name}`);
    for (const file of ['nested.keras', 'nested.weights.h5', 'own.weights.h5']) {
      expect(named(file)).toEqual(expect.arrayContaining([...expected, 'encoder/look', 'encoder/z_mean']));
      expect(named(file)).toHaveLength(8);
    }
  });

  test.each(['nested.keras', 'nested.weights.h5', 'flat.weights.h5'])(
    '%s of another size names layer and shapes',
    (file) => {
      const match = () => matchKeras([read(file)], models({ latent: 4 }));
      expect(match).toThrow(WeightsError);
      expect(match).toThrow(
        /its layer '(encoder\/)?z_mean' has kernel \[8, 3\], bias \[3\], but encoder\.dense needs kernel \[8, 4\]/,
      );
    },
  );

  test.each(['nested.keras', 'flat.keras', 'nested.h5'])('%s of another activation is refused', (file) => {
    const match = () => matchKeras([read(file)], models({ slope: 0.2 }));
    expect(match).toThrow(LayersError);
    expect(match).toThrow(
      /its layer 'leaky_re_lu' is LeakyReLU with slope 0\.3, but encoder\.leaky_re_lu is LeakyReLU with slope 0\.2/,
    );
  });

  test('as earlier releases write them, without names beside the weights', () => {
    expectWritten(matchKeras([read('unnamed.keras'), read('decoder.keras')], models()));
    expect(() => matchKeras([read('unnamed.keras')], models({ slope: 0.2 }).slice(0, 1))).toThrow(
      /its layer 'leaky_re_lu' is LeakyReLU with slope 0\.3/,
    );
  });

  test('with a layer too many', () => {
    const match = () => matchKeras([read('nested.keras')], models().slice(0, 1));
    expect(match).toThrow(/its layer 'decoder\/[a-z_0-9]+' with .* is one too many/);
  });
});

describe('layers that only their class orders', () => {
  /** Weights of a model's layers, all of the number `value`, in the group that a file has for it. */
  const groupOf = (model: Sequential, value: number): KerasLayer[] =>
    model.layers
      .filter(({ weights }) => weights.length > 0)
      .map(({ name, layer, weights }) => ({
        ...{ name, path: [model.name], place: { container: model.name, kind: layer.name } },
        weights: weights.map((spec) => {
          const size = spec.shape.reduce((product, extent) => product * extent, 1);
          return { name: spec.name, shape: spec.shape, data: new Float32Array(size).fill(value) };
        }),
      }));
  const expectApart = (encoder: Sequential, decoder: Sequential, layers: readonly KerasLayer[]) => {
    const matched = matchKeras([{ name: 'weights.h5', weights: { layers } }], [encoder, decoder]);
    for (const [name, { data }] of matched) expect(data[0], name).toBe(name.startsWith('encoder') ? 1 : 2);
    expect(matched.size).toBe(encoder.weights.length + decoder.weights.length);
  };

  test('are those of their group, though others have the same shapes', () => {
    const encoder = new Sequential('encoder', [2, 2, 1], [conv2d({ filters: 2, kernelSize: 1 }), batchNormalization()]);
    const decoder = new Sequential(
      'decoder',
      [2, 2, 2],
      [batchNormalization(), conv2dTranspose({ filters: 1, kernelSize: 1 })],
    );
    expectApart(encoder, decoder, [...groupOf(decoder, 2), ...groupOf(encoder, 1)]);
  });

  test('are put in the order of the model that they fit, though another has the same classes', () => {
    const encoder = new Sequential('encoder', [5], [dense(3), batchNormalization(), dense(2)]);
    const decoder = new Sequential('decoder', [2], [batchNormalization(), dense(3), dense(5)]);
    expectApart(encoder, decoder, [...groupOf(decoder, 2), ...groupOf(encoder, 1)]);
  });
});

describe('what leaves comes back', () => {
  /** With numbers that a careless copy would change. */
  function weights(): Map<string, StoredTensor> {
    const odd = [-0, 1e-45, -1e-40, 3.4e38, 1 / 3];
    const tensors = models()
      .flatMap(({ weights }) => weights)
      .map(({ name, shape }, w): [string, StoredTensor] => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        return [name, { shape, data: Float32Array.from({ length: size }, (_, i) => odd[i] ?? w + i / 1024) }];
      });
    return new Map(tensors);
  }
  const leaving = (tensors: ReadonlyMap<string, StoredTensor>) => {
    const [encoder, decoder] = models();
    return kerasFiles({ experiment: 'test', title: 'Test', version: '1.2.3', encoder, decoder, tensors });
  };
  const bitsOf = (tensors: ReadonlyMap<string, StoredTensor>) =>
    [...tensors].map(([name, { shape, data }]) => [
      name,
      shape,
      new Uint32Array(data.buffer, data.byteOffset, data.length),
    ]);

  test('where both halves have layers of one name', async () => {
    const encoder = new Sequential('encoder', [6], [dense(3), relu(), dense(2), relu()]);
    const decoder = new Sequential('decoder', [2], [dense(3), relu(), dense(6), sigmoid()]);
    const tensors = new Map(
      [encoder, decoder]
        .flatMap((half) => half.weights)
        .map(({ name, shape }, w): [string, StoredTensor] => {
          const size = shape.reduce((product, extent) => product * extent, 1);
          return [name, { shape, data: new Float32Array(size).fill(w) }];
        }),
    );
    const files = await kerasFiles({ experiment: 'test', title: 'Test', version: '1.2.3', encoder, decoder, tensors });
    const weights = readKerasFile(files.get('model.keras')!, 'model.keras');
    expect(matchKeras([{ name: 'model.keras', weights }], [encoder, decoder])).toEqual(tensors);
  });

  test.each([[['model.keras']], [['encoder.keras', 'decoder.keras']]])('%j with every bit', async (names) => {
    const files = await leaving(weights());
    const back = matchKeras(
      names.map((name) => ({ name, weights: readKerasFile(files.get(name)!, name) })),
      models(),
    );
    expect(bitsOf(back)).toEqual(bitsOf(weights()));
    const [again] = await leaving(back);
    const encoder = readKerasFile(again![1], again![0]);
    expect(encoder).toEqual(readKerasFile(files.get('encoder.keras')!, 'encoder.keras'));
  });
});

describe('archives made to do harm', () => {
  const archive = (members: Zippable, level: 0 | 9 = 0) => zipSync(members, { level });
  const intact = unzipSync(bytesOf('encoder.keras'));
  const refused = (bytes: Uint8Array, message: RegExp) => {
    const reading = () => readKerasFile(bytes, 'model.keras');
    expect(reading).toThrow(FileFormatError);
    expect(reading).toThrow(message);
  };

  test('a member that expands without end', () => {
    const bomb = archive({ ...intact, 'model.weights.h5': new Uint8Array(2 ** 25) }, 9);
    refused(bomb, /^model\.keras: its member model\.weights\.h5 would have 33554432 bytes from 3\d{4} in the archive/);
    const description = archive({ ...intact, 'config.json': new Uint8Array(2 ** 24 + 1) });
    refused(description, /its member config\.json would have 16777217 bytes/);
  });

  test('one that is larger than its archive says', () => {
    const bytes = archive(intact, 9);
    // The size in the central directory, which is what is believed.
    const text = Buffer.from(bytes).toString('latin1');
    const at = text.lastIndexOf('model.weights.h5') - 46 + 24;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, 1000, true);
    refused(bytes, /^model\.keras: (cut short|damaged)/);
  });

  test('other members, whatever their names, are left aside', () => {
    const odd = { ...intact, '../../escaped': strToU8('x'), '/etc/passwd': strToU8('x'), __proto__: strToU8('x') };
    expect(readKerasFile(archive(odd), 'model.keras')).toEqual(read('encoder.keras').weights);
    expect(readKerasFile(archive(odd, 9), 'model.keras')).toEqual(read('encoder.keras').weights);
  });

  test('a zip archive of something else', () => {
    refused(archive({ 'readme.txt': strToU8('x') }), /contains no model\.weights\.h5/);
    refused(archive({ 'model.weights.h5': intact['model.weights.h5']! }), /contains no config\.json/);
    refused(archive({ ...intact, 'config.json': strToU8('{') }), /damaged/);
    refused(archive({ ...intact, 'model.weights.h5': strToU8('x') }), /not an HDF5 file/);
  });

  test.each(['encoder.keras', 'nested.weights.h5'])(
    '%s damaged at one place after the other gives an error or weights, in time',
    (file) => {
      const whole = bytesOf(file);
      const outcome = (bytes: Uint8Array): unknown => {
        const start = performance.now();
        try {
          return readKerasFile(bytes, file);
        } catch (error) {
          if (!(error instanceof FileFormatError)) throw error;
          return error;
        } finally {
          expect(performance.now() - start).toBeLessThan(3000); // a whole file takes some 5 ms
        }
      };
      for (let i = 0; i < 150; i++) {
        const at = Math.floor((i / 150) * whole.length) + (i % 37);
        if (at < whole.length - 30) expect(outcome(whole.subarray(0, at))).toBeInstanceOf(FileFormatError);
        outcome(whole.with(at, whole[at]! ^ (1 << (i % 8))));
        outcome(whole.with(at, 255));
      }
    },
  );
});
