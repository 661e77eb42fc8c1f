import { proceduralEcg } from '@hourglass/datasets';
import { Trainer, Weights } from '@hourglass/nn';
import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { ecg } from '../src/ecg.ts';
import { beatData, Run } from '../src/index.ts';
import { batchesOf, firstSamples } from '../src/samples.ts';

const [EPOCHS, BATCH, LIMIT, RATE, SEED] = [2, 8, 20, 0.01, 6];

test('a run trains on the first samples, with the learning rates of its preset’s schedule over all epochs', async () => {
  const device = await openDevice();
  const data = beatData(proceduralEcg({ count: 60 }));
  const cosine = {
    ...ecg,
    presets: { ...ecg.presets, report: { ...ecg.presets.report, schedule: 'cosine' as const } },
  };
  const recipe = { epochs: EPOCHS, batchSize: BATCH, learningRate: RATE, limit: LIMIT, latent: 3, seed: SEED };
  const { trainer } = new Run(device, cosine, data, { preset: 'report', ...recipe });

  const model = ecg.build({ latent: 3 });
  const steps = EPOCHS * 3; // batches of 8, 8 and 4 samples
  const byHand = new Trainer({
    weights: new Weights(device, [model.encoder, model.decoder], SEED),
    objective: ecg.objective(model),
    training: batchesOf(device, firstSamples(data.train, LIMIT)),
    validation: batchesOf(device, data.test),
    batchSize: BATCH,
    learningRate: (step) => (RATE / 2) * (1 + Math.cos((Math.PI * step) / steps)),
    seed: SEED,
    validationBatchSize: data.test.count, // as in a run: other batches would change the order of additions
  });
  for (let epoch = 0; epoch < EPOCHS; epoch++) expect(await trainer.trainEpoch()).toEqual(await byHand.trainEpoch());
  expect(trainer.steps).toBe(steps);
  expect((await trainer.snapshot()).tensors).toEqual((await byHand.snapshot()).tensors);
  expect(await trainer.evaluate()).toEqual(await byHand.evaluate());
});
