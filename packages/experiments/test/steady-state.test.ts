import { Trainer, Weights } from '@hourglass/nn';
import { sizeOf, uniformOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { EXPERIMENTS } from '../src/index.ts';
import { batchesOf } from '../src/samples.ts';

const device = await openDevice();

const [BATCH, COUNT] = [2, 4];
/** Height and width for experiments that support several sizes. */
const SIZE = 64;

test.each([...EXPERIMENTS.values()])('after its first epoch, $id only creates submissions', async (experiment) => {
  const model = experiment.build({ latent: experiment.latent, size: SIZE });
  const shape = model.encoder.inputShape;
  const samples = {
    count: COUNT,
    shape,
    rows: uniformOnHost(COUNT * sizeOf(shape), { seed: 1 }),
    labels: new Uint8Array(COUNT),
  };
  const trainer = new Trainer({
    weights: new Weights(device, [model.encoder, model.decoder], 0),
    objective: experiment.objective(model),
    training: batchesOf(device, samples),
    validation: batchesOf(device, samples),
    batchSize: BATCH,
    learningRate: 1e-3,
    seed: 0,
  });
  await trainer.trainEpoch();
  const { buffers, bindGroups, pipelines, submits } = device.counters;
  await trainer.trainEpoch();
  const after = device.counters;
  expect(after).toMatchObject({ bindGroups, pipelines, buffers });
  expect(after.submits).toBeGreaterThan(submits);
});
