import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import type { Metrics, Trainer } from '../src/index.ts';
import { smallTraining } from './small-training.ts';

const EPOCHS = 3;

/** The training and validation metrics of every epoch, and the final weights and moments. */
async function trainedWith(trainer: Trainer) {
  const metrics: (Metrics | undefined)[] = [];
  for (let epoch = 0; epoch < EPOCHS; epoch++) metrics.push(await trainer.trainEpoch(), await trainer.evaluate());
  return { metrics, tensors: (await trainer.snapshot()).tensors };
}

test('concurrent training, on one device and on two, gives the same bits as sequential training', async () => {
  const [one, two] = [await openDevice(), await openDevice()];
  const alone = [];
  for (const seed of [3, 4]) alone.push(await trainedWith(smallTraining(one, { seed }).trainer));
  expect(alone[0]!.metrics).not.toEqual(alone[1]!.metrics);

  const together = [3, 4].map((seed) => trainedWith(smallTraining(one, { seed }).trainer));
  expect(await Promise.all(together)).toEqual(alone);
  const apart = [one, two].map((device, i) => trainedWith(smallTraining(device, { seed: 3 + i }).trainer));
  expect(await Promise.all(apart)).toEqual(alone);
});
