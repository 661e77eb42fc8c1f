import { type StoredTensor, WeightsError } from '@hourglass/nn';
import { sizeOf } from '@hourglass/tensor';
import { describe, expect, test } from 'vitest';
import { type Autoencoder, EXPERIMENTS, type Experiment, fitWeights, type ModelShape } from '../src/index.ts';

const experimentOf = (id: string): Experiment => EXPERIMENTS.get(id)!;

/** A file with all weights of a model. */
function fileOf({ encoder, decoder }: Autoencoder): { name: string; tensors: Map<string, StoredTensor> } {
  const tensors = [encoder, decoder].flatMap(({ weights }) =>
    weights.map(({ name, shape }): [string, StoredTensor] => [name, { shape, data: new Float32Array(sizeOf(shape)) }]),
  );
  return { name: 'a file', tensors: new Map(tensors) };
}

describe('the shape of a model is inferred from its weights', () => {
  test.each<[string, ModelShape]>([
    ['fashion', { latent: 32 }],
    ['fashion', { latent: 2, hidden: [256, 64] }],
    ['fashion-vae', { latent: 2, hidden: [256, 64] }],
    ['ecg', { latent: 3 }],
    ['cartoon', { latent: 200, size: 256 }],
    ['cartoon', { latent: 10, size: 64 }],
    ['cartoon-vae', { latent: 200, size: 64 }],
    ['cartoon-vae', { latent: 64, size: 128 }],
    ['cartoon-vae', { latent: 200, size: 512 }],
  ])('%s %o', (id, shape) => {
    const experiment = experimentOf(id);
    const built = experiment.build(shape);
    const { model } = fitWeights(experiment, [fileOf(built)]);
    expect(model.encoder.inputShape).toEqual(built.encoder.inputShape);
    expect(model.decoder.inputShape).toEqual([shape.latent]);
    expect(model.decoder.layers.length).toBe(built.decoder.layers.length);
  });
});

test('weights of another model throw for every size', () => {
  const file = fileOf(experimentOf('cartoon-vae').build({ latent: 200, size: 64 }));
  expect(() => fitWeights(experimentOf('cartoon'), [file])).toThrow(WeightsError);
});
