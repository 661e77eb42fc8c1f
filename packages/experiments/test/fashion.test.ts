import { proceduralFashion } from '@hourglass/datasets';
import type { Device } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { fashion } from '../src/fashion.ts';
import { imageData, Run } from '../src/index.ts';
import { firstSamples } from '../src/samples.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

test('the models have the report’s numbers of parameters', () => {
  const { encoder, decoder } = fashion.build({ latent: fashion.latent });
  const count = (model: typeof encoder): number =>
    model.weights.reduce((sum, { shape }) => sum + shape.reduce((size, extent) => size * extent, 1), 0);
  expect(count(encoder)).toBe(25_474);
  expect(count(decoder)).toBe(65_473);
});

test('a run overfits one batch, and draws its figures', async () => {
  const dataset = imageData(proceduralFashion({ train: 8, test: 30 }));
  const settings = {
    ...fashion.presets.quick,
    preset: 'quick',
    batchSize: 8,
    epochs: 60,
    latent: 2,
    limit: 8,
    seed: 0,
  } as const;
  const run = new Run(device, fashion, dataset, settings);
  const first = (await run.trainer.trainEpoch())!.loss!;
  let last = first;
  for (let epoch = 1; epoch < settings.epochs; epoch++) last = (await run.trainer.trainEpoch())!.loss!;
  // Eight images need only eight points in the plane. A model that can't learn stays near the first loss.
  expect(last).toBeLessThan(first / 8);

  const progress = await run.progressFigure(60, await run.trainer.evaluate());
  expect(progress.name).toBe('epoch-060');
  expect(progress.svg.match(/<image /g)).toHaveLength(25);
  expect(progress.svg).toContain('procedural stand-in');
  const [pairs] = await run.finalFigures([]);
  expect(pairs!.svg.match(/<image /g)).toHaveLength(40);
});

test('a first look validates and draws only the first test images', async () => {
  const dataset = imageData(proceduralFashion({ train: 8, test: 30 }));
  const settings = { ...fashion.presets.report, preset: 'report', latent: 2, seed: 0 } as const;
  const whole = new Run(device, fashion, dataset, settings);
  const few = new Run(device, fashion, dataset, { ...settings, testLimit: 20 });
  const first = { ...dataset, test: firstSamples(dataset.test, 20) };
  expect(await few.validate()).toEqual(await new Run(device, fashion, first, settings).validate());
  expect(await few.validate()).not.toEqual(await whole.validate());
  expect((await few.progressFigure(1, { loss: 0 })).svg.match(/<image /g)).toHaveLength(20);
});
