import { type Device, shuffledOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { DivergedError, dense, type Objective, Optimizer, Sequential, Weights } from '../src/index.ts';
import { BAD_ROW, BATCH, COUNT, reconstruction, SEED, smallTraining } from './small-training.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const trainer = (objective: Objective) => smallTraining(device, { objective });

/** Minus infinity for the batch that contains the bad row. */
const withLogarithm: Objective = (x, context) => ({
  errors: reconstruction(x, context).loss!,
  logarithm: x.log().mul(1e-3),
});

/** Finite, but with the gradient 1 / (2 √0) for biases that start at 0. */
const withRoot: Objective = (x, context) => ({
  errors: reconstruction(x, context).loss!,
  root: context.weights('model.dense.bias').sqrt().broadcastTo([x.shape[0]!, 3]),
});

test('a step with a non-finite loss and all later steps change nothing, and the error names step and operation', async () => {
  const order = { seed: SEED, epoch: 0 };
  const position = Array.from({ length: COUNT }, (_, i) => shuffledOnHost(i, COUNT, order)).indexOf(BAD_ROW);
  const step = Math.floor(position / BATCH);
  expect(step).toBeGreaterThan(0);
  expect(step).toBeLessThan(COUNT / BATCH - 1); // good steps come before and after

  const { trainer: diverged } = trainer(withLogarithm);
  const failure = await diverged.trainEpoch().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DivergedError);
  expect(String(failure)).toMatch(`step ${step + 1} (epoch 1)`);
  expect(String(failure)).toMatch(/log of \[8, 4\] gives -Infinity.* Try a smaller learning rate/);

  const { trainer: stopped } = trainer(withLogarithm);
  await stopped.trainEpoch({ pause: () => stopped.steps === step });
  const [after, before] = [await diverged.snapshot(), await stopped.snapshot()];
  // Weights, moments, moving statistics, running sums and the position in the epoch.
  expect(after.tensors).toEqual(before.tensors);
  const clock = { seconds: 0, samples: 0 };
  expect({ ...after.state, ...clock }).toEqual({ ...before.state, ...clock });
  for (const { data } of after.tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
});

test('a non-finite gradient also stops training, even if the loss is finite', async () => {
  const { trainer: diverged, weights } = trainer(withRoot);
  const before = await weights.read();
  await expect(diverged.trainEpoch()).rejects.toThrow(
    /step 1 .*sqrtGradient of \[3\] gives Infinity.* No step has changed the weights yet/,
  );
  expect(await weights.read()).toEqual(before);
});

test('the error names a non-finite weight', async () => {
  const { trainer: diverged, weights } = trainer(reconstruction);
  weights.get('model.dense.bias').write([0, Number.NaN, 0]);
  await expect(diverged.trainEpoch()).rejects.toThrow(
    /step 1 .*weight 'model\.dense\.bias' is not finite before the step/,
  );
});

test('the error names non-finite data, and does not advise a smaller learning rate', async () => {
  const withData: Objective = (x, context) => ({
    errors: reconstruction(x, context).loss!,
    data: device.tensor([1, Number.NaN, 3]).sum().broadcastTo([x.shape[0]!]),
  });
  const failure = await smallTraining(device, { objective: withData })
    .trainer.trainEpoch()
    .catch((error: unknown) => String(error));
  expect(failure).toMatch(/in the data, an operand of \[3\] .*NaN at element 1\. Check the data/);
  expect(failure).not.toMatch(/[Tt]ry a smaller learning rate/);
});

test('training continues after a snapshot from before the failure is restored', async () => {
  const { trainer: diverged, weights } = trainer(reconstruction);
  const good = await diverged.snapshot();
  weights.get('model.dense.bias').write([0, Number.POSITIVE_INFINITY, 0]);
  await expect(diverged.trainEpoch()).rejects.toThrow(DivergedError);
  diverged.restore(good, 'a snapshot');
  const { trainer: whole } = trainer(reconstruction);
  expect(await diverged.trainEpoch()).toEqual(await whole.trainEpoch());
});

test('finite gradients with an infinite sum are not a failure; an infinite gradient is', async () => {
  const model = new Sequential('model', [2], [dense(2)]);
  const weights = new Weights(device, [model], 1);
  const optimizer = new Optimizer(weights);
  const plan = await device.compile({ rate: 'f32', step: 'u32', scale: 'f32' }, ({ rate, step, scale }) => {
    const x = device.tensor([[1, 1]]);
    const loss = model.apply(x, (name) => weights.get(name), { training: true }).sum();
    const gradient = weights.gradient(loss).mul(scale); // 1 for each of six weights
    return { updates: optimizer.step({ loss, gradient, moved: new Map() }, rate, step).updates };
  });
  plan.run({ rate: 0, step: 0, scale: 1e38 });
  expect(await optimizer.failure.item()).toBe(0);
  plan.run({ rate: 0, step: 1, scale: Number.POSITIVE_INFINITY });
  expect(await optimizer.failure.item()).toBe(2);
});
