import type { KerasLayer, KerasWeights } from '@hourglass/nn';
import { describe, expect, test } from 'vitest';
import { EXPERIMENTS, fitWeights } from '../src/index.ts';

// The report's denoiser and VAEs are not available. These are layers with their shapes, in each form that Keras 2.5
// saves.

const VARIATIONAL = ['fashion-vae', 'cartoon-vae'] as const;

/** The layers of both halves with Keras's names. All numbers of the w-th weight are w. */
function kerasHalves(id: string): Record<'encoder' | 'decoder', KerasLayer[]> {
  const experiment = EXPERIMENTS.get(id)!;
  const model = experiment.build({ latent: experiment.latent });
  let w = 0;
  const layersOf = (half: 'encoder' | 'decoder'): KerasLayer[] =>
    model[half].layers.map(({ name, weights }) => ({
      name:
        half === 'encoder' && id.endsWith('vae')
          ? name.replace(/^dense_1$/, 'z_log_var').replace(/^dense$/, 'z_mean')
          : name,
      path: [],
      weights: weights.map(({ name: weight, shape }) => {
        const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(w++);
        return { name: weight, shape, data };
      }),
    }));
  return { encoder: layersOf('encoder'), decoder: layersOf('decoder') };
}

const input = (name: string): KerasLayer => ({ name, path: [], weights: [] });
const nested = (half: string, layers: readonly KerasLayer[]): KerasLayer[] =>
  layers.map((layer) => ({ ...layer, path: [half] }));
/** The heads in the other order, as when Keras lists them by distance from the output. */
const varianceFirst = (layers: readonly KerasLayer[]): KerasLayer[] => [
  ...layers.slice(0, -2),
  layers.at(-1)!,
  layers.at(-2)!,
];

function expectInOrder(id: string, files: readonly (readonly KerasLayer[])[]): void {
  const named = files.map((layers, i) => ({ name: `file ${i}`, weights: { layers } }));
  const { tensors } = fitWeights(EXPERIMENTS.get(id)!, named);
  [...tensors.values()].forEach(({ data }, w) => {
    expect(data[0]).toBe(w);
  });
}

describe.each(VARIATIONAL)('%s', (id) => {
  const { encoder, decoder } = kerasHalves(id);

  test('encoder with three outputs and decoder, saved separately', () => {
    for (const own of [encoder, varianceFirst(encoder)])
      expectInOrder(id, [
        [input('input_1'), ...own, input('sampling')],
        [input('input_2'), ...decoder],
      ]);
  });

  test('save_weights of a model of both', () => {
    for (const own of [encoder, varianceFirst(encoder)])
      expectInOrder(id, [[...nested('encoder', own), ...nested('decoder', decoder)]]);
    expectInOrder(id, [[...nested('decoder', decoder), ...nested('encoder', encoder)]]);
  });
});

test('denoise in one file and in two', () => {
  const { encoder, decoder } = kerasHalves('denoise');
  expectInOrder('denoise', [[input('input_1'), ...nested('encoder', encoder), ...nested('decoder', decoder)]]);
  expectInOrder('denoise', [decoder, encoder]);
});

test('a file that describes other layers throws a LayersError, for any code length', () => {
  const ecg = EXPERIMENTS.get('ecg')!;
  const { encoder, decoder } = ecg.build({ latent: 3 });
  const dense = [encoder, decoder].flatMap(({ layers }) => layers.filter(({ weights }) => weights.length > 0));
  const layers = dense.map(
    ({ weights }, i): KerasLayer => ({
      name: `dense_${i}`,
      path: [],
      weights: weights.map(({ name, shape }) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        return { name, shape, data: new Float32Array(size) };
      }),
    }),
  );
  const architecture = (activation: string) => [
    layers.flatMap(({ name: layer }, i) => [
      { model: 'ecg', layer, type: 'Dense', settings: {} },
      { model: 'ecg', layer, type: i === 5 ? 'Sigmoid' : activation, settings: {} },
    ]),
  ];
  const fit = (weights: KerasWeights) => fitWeights(ecg, [{ name: 'ecg.h5', weights }]);
  expect(fit({ layers, architecture: architecture('ReLU') }).unchecked).toEqual([]);
  expect(fit({ layers }).unchecked).toEqual(['ecg.h5']);
  expect(() => fit({ layers, architecture: architecture('tanh') })).toThrow(
    "ecg.h5: its layer 'dense_0' is tanh, but encoder.re_lu is ReLU",
  );
});
