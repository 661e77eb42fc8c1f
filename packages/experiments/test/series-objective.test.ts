import { flatten, type ObjectiveContext, reshape, Sequential } from '@hourglass/nn';
import { type Device, normalOnHost, type Shape, sizeOf } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import type { Autoencoder } from '../src/model.ts';
import { seriesObjective } from '../src/series/objective.ts';

const COUNT = 2000;
const WINDOW = 8;

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

/** A model that copies its input. */
const COPY: Autoencoder = {
  encoder: new Sequential('encoder', [WINDOW, 2], [flatten()]),
  decoder: new Sequential('decoder', [2 * WINDOW], [reshape([WINDOW, 2])]),
};

async function lossOf(deviations: readonly number[], training: boolean): Promise<number> {
  const context = {
    weights: () => {
      throw new Error('a copy has no weights');
    },
    training,
    record: () => {},
    uniform: () => {
      throw new Error('the noise is normal');
    },
    normal: (shape: Shape) => device.tensor(normalOnHost(sizeOf(shape), { seed: 1 }), shape),
  } satisfies ObjectiveContext;
  const x = device.tensor(
    Float32Array.from({ length: COUNT * WINDOW * 2 }, (_, i) => Math.sin(i)),
    [COUNT, WINDOW, 2],
  );
  const { loss } = seriesObjective(deviations)(COPY)(x, context);
  return loss!.mean().item();
}

test('training adds noise in proportion to each channel’s deviation; an evaluation adds none', async () => {
  expect(await lossOf([1, 3], false)).toBe(0);
  // A copy is wrong by the noise, and E|N(0, σ)| = σ √(2/π); five standard deviations of the mean of the samples.
  const expected = 0.2 * ((1 + 3) / 2) * Math.sqrt(2 / Math.PI);
  expect(Math.abs((await lossOf([1, 3], true)) - expected)).toBeLessThan((5 * 0.6) / Math.sqrt(COUNT * WINDOW));
  expect(await lossOf([0, 0], true)).toBe(0);
});
