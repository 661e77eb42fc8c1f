import { gatherRows, mse, shuffledOnHost, type Tensor } from '@hourglass/tensor';
import { describe, expect, test } from 'vitest';
import {
  type BatchSource,
  batchNormalization,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  type Metrics,
  meanOfEach,
  type Objective,
  Sequential,
  squaredErrors,
  Weights,
} from '../src/index.ts';
import { bits, bytesOf, decoder, device, encoder, FEATURES, rows, trainer } from './denoising-training.ts';

describe('a learning rate function', () => {
  test('gives the same bits as a number if it is constant', async () => {
    const [one, each] = [trainer(), trainer({ learningRate: () => 0.01 })];
    await one.trainer.trainEpoch();
    await each.trainer.trainEpoch();
    expect(await bits(each.weights)).toEqual(await bits(one.weights));
  });

  test('receives the step counted over all epochs', async () => {
    const { trainer: trained, weights } = trainer({ learningRate: (step) => (step < 4 ? 0.01 : 0) });
    await trained.trainEpoch(); // steps 0 to 3
    const before = await weights.trainable.data();
    await trained.trainEpoch();
    expect(await weights.trainable.data()).toEqual(before);
  });

  test('that gives no finite float32 is refused before the step changes anything', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e39]) {
      expect(() => trainer({ learningRate: bad })).toThrow(`learningRate is ${bad}; it must be a finite number.`);
      const { trainer: refused } = trainer({ learningRate: (step) => (step === 2 ? bad : 0.01) });
      const { trainer: paused } = trainer();
      const training = refused.trainEpoch();
      await expect(training).rejects.toThrow(RangeError);
      await expect(training).rejects.toThrow(`learningRate(2) is ${bad}; it must be a finite number.`);
      await paused.trainEpoch({ pause: () => paused.steps === 2 });
      const [found, wanted] = [await refused.snapshot(), await paused.snapshot()];
      expect(found.tensors).toEqual(wanted.tensors);
      expect(found.state).toMatchObject({ step: 2, position: 2, totals: wanted.state.totals });
    }
  });
});

describe('moving averages', () => {
  const frozen = new Sequential('frozen', [FEATURES], [dense(4), batchNormalization(), dense(FEATURES)]);
  const unused = new Sequential('unused', [2], [batchNormalization()]);

  test.each([
    ['of a frozen batch normalisation', [frozen], { training: false }],
    ['of a model that the objective does not apply', [frozen, unused], {}],
  ])('%s stay', async (_, models, changes) => {
    const weights = new Weights(device, models, 3);
    const stay = weights.names.filter(
      (name) => name.includes('.moving_') && ('training' in changes || /^unused/.test(name)),
    );
    // Numbers whose shares 0.99 and 0.01 don't add up to them in float32.
    for (const name of stay) weights.get(name).write([0.105, 0.116, 0.122, 0.13].slice(0, weights.get(name).size));
    const { trainer: trained } = trainer({
      weights,
      objective: (x, { weights: lookup, ...pass }) => ({
        loss: squaredErrors(frozen.apply(x, lookup, { ...pass, ...changes }), x),
      }),
    });
    const before = await bits(weights);
    await trained.trainEpoch();
    const after = await bits(weights);
    expect(stay).toHaveLength(2);
    for (const name of stay) expect(after[name], name).toEqual(before[name]);
    const moves = weights.names.filter((name) => /^frozen/.test(name) && !stay.includes(name));
    for (const name of moves) expect(after[name], name).not.toEqual(before[name]);
  });
});

describe('training', () => {
  test('reports means over samples even if the last batch is smaller', async () => {
    const { trainer: trained } = trainer({
      weights: new Weights(device, [decoder], 3),
      objective: (x) => ({ once: x, twice: meanOfEach(x).mul(2) }),
    });
    expect(trained.stepsPerEpoch).toBe(4);
    const metrics = [await trained.trainEpoch(), await trained.evaluate(), await trained.evaluate()];
    expect([trained.epochs, trained.steps]).toEqual([1, 4]);
    const bytes = bytesOf(50);
    const mean = bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length / 255;
    // Sums of 400 numbers below 1 in float32. The mean of the last two samples differs by 0.03.
    for (const { loss, once, twice } of metrics as Metrics[]) {
      expect(Math.abs(once! / mean - 1)).toBeLessThan(1e-6);
      expect(Math.abs(twice! / (2 * mean) - 1)).toBeLessThan(1e-6);
      expect(Math.abs(loss! / (3 * mean) - 1)).toBeLessThan(1e-6);
    }
  });

  test('a single term is reported only as the loss', async () => {
    const { trainer: trained } = trainer({
      weights: new Weights(device, [decoder], 3),
      objective: (x) => ({ any: x }),
    });
    expect(Object.keys((await trained.trainEpoch())!)).toEqual(['loss']);
  });

  test('a term without a value for each sample throws with both sizes', async () => {
    const { trainer: trained } = trainer({ objective: (x) => ({ loss: mse(x, x) }) });
    await expect(trained.trainEpoch()).rejects.toThrow(/loss has shape \[\]; .* for each of 16 samples/);
  });

  test('no terms, or one of several named as their sum, throws', async () => {
    await expect(trainer({ objective: () => ({}) }).trainer.trainEpoch()).rejects.toThrow('returns no terms');
    const { trainer: twice } = trainer({ objective: (x) => ({ loss: x, other: x }) });
    await expect(twice.trainEpoch()).rejects.toThrow("'loss' is the sum of the terms loss, other");
  });

  test('the evaluation is the mean over all samples, with any batch size', async () => {
    const { trainer: trained, weights } = trainer();
    await trained.trainEpoch();
    const { loss } = await trained.evaluate();
    const x = rows(50).batch(50, { seed: device.integers(1), epoch: device.integers(0), start: device.integers(0) });
    const pass = { training: false };
    const lookup = (name: string) => weights.get(name);
    const whole = mse(decoder.apply(encoder.apply(x, lookup, pass), lookup, pass), x);
    // The same 50 errors, added in another order.
    expect(Math.abs(loss! - (await whole.item())) / loss!).toBeLessThan(1e-5);
  });

  test('overfits one batch', async () => {
    const one = rows(4);
    const quiet: Objective = (x, context) => ({
      loss: squaredErrors(decoder.apply(encoder.apply(x, context.weights, context), context.weights, context), x),
    });
    const { trainer: trained } = trainer({
      training: one,
      validation: one,
      batchSize: 4,
      learningRate: 0.03,
      objective: quiet,
    });
    let loss = Number.POSITIVE_INFINITY;
    for (let epoch = 0; epoch < 400; epoch++) loss = (await trained.trainEpoch())!.loss!;
    // The rows vary by about 0.08 around their mean. A latent code of two numbers fits four rows exactly.
    expect(loss).toBeLessThan(1e-4);
  });

  test('every epoch draws different numbers', async () => {
    const { trainer: drawing } = trainer({
      weights: new Weights(device, [decoder], 3),
      objective: (x, { normal }) => ({ loss: normal([x.shape[0]!, 3]) }),
    });
    const losses = [await drawing.trainEpoch(), await drawing.trainEpoch(), await drawing.trainEpoch()];
    expect(new Set(losses.map((metrics) => metrics!.loss)).size).toBe(3);
  });

  test('the same seed gives the same bits, another seed different ones', async () => {
    const [a, b, c] = [trainer(), trainer(), trainer({ seed: 4 })];
    for (const { trainer: trained } of [a, b, c]) for (let epoch = 0; epoch < 2; epoch++) await trained.trainEpoch();
    expect(await bits(a.weights)).toEqual(await bits(b.weights));
    expect(await bits(a.weights)).not.toEqual(await bits(c.weights));
  });

  test('reports at every pause the mean over exactly the completed steps', async () => {
    const { trainer: stepwise } = trainer();
    const told: number[] = [];
    for (const end of [1, 2, 3]) {
      await stepwise.trainEpoch({
        pause: () => stepwise.steps >= end,
        onProgress: ({ position, metrics }) => {
          expect(position).toBe(end);
          told.push(metrics.loss!);
        },
      });
      const { totals } = (await stepwise.snapshot()).state;
      expect(told.at(-1)).toBe(totals.loss! / (end * 16));
    }
    expect(told).toHaveLength(3);
  });

  test('trains no step during a rest, and the same bits with and without rests', async () => {
    const [resting, restless] = [trainer(), trainer()];
    let rests = 0;
    const rest = async () => {
      rests++;
      const before = resting.trainer.steps;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(resting.trainer.steps).toBe(before);
    };
    expect(await resting.trainer.trainEpoch({ rest })).toEqual(await restless.trainer.trainEpoch());
    // The first step of all is timed apart from the others.
    expect(rests).toBe(resting.trainer.steps - 1);
    expect(await bits(resting.weights)).toEqual(await bits(restless.weights));
  });

  test('paused mid-epoch, saved, and resumed elsewhere: the same bits as an uninterrupted run', async () => {
    const whole = trainer();
    const metrics = [await whole.trainer.trainEpoch(), await whole.trainer.trainEpoch()];

    const begun = trainer();
    await begun.trainer.trainEpoch();
    let steps = 0;
    expect(await begun.trainer.trainEpoch({ pause: () => steps++ === 2 })).toBeUndefined();
    const bytes = encodeCheckpoint(await begun.trainer.snapshot(), { note: 'kept' });

    const resumed = trainer({ seed: 3 });
    const { snapshot, metadata } = decodeCheckpoint(bytes, 'checkpoint');
    expect(metadata.note).toBe('kept');
    resumed.trainer.restore(snapshot, 'checkpoint');
    expect(resumed.trainer.steps).toBe(6);
    expect(await resumed.trainer.trainEpoch()).toEqual(metrics[1]);
    expect(await bits(resumed.weights)).toEqual(await bits(whole.weights));
  });

  test('creates nothing after the first epoch, and submits once per step', async () => {
    const { trainer: trained } = trainer();
    await trained.trainEpoch();
    await trained.trainEpoch();
    const before = { ...device.counters };
    await trained.trainEpoch();
    const { buffers, bindGroups, pipelines, submits, bytes } = device.counters;
    expect({ buffers, bindGroups, pipelines }).toEqual({
      buffers: before.buffers,
      bindGroups: before.bindGroups,
      pipelines: before.pipelines,
    });
    expect(bytes).toBeLessThanOrEqual(before.bytes);
    // Besides the steps, only read-backs: the metrics for the epoch's last progress report and for its result, and
    // whether a step failed, read with the progress report and before it.
    expect(submits - before.submits - trained.stepsPerEpoch).toBeLessThanOrEqual(6);
  });
});

test('samples from the host give the same bits as samples on the GPU', async () => {
  const count = 50;
  const bytes = bytesOf(count);
  const buffers = new Map<number, Tensor>();
  const bufferOf = (size: number): Tensor => {
    const buffer = buffers.get(size) ?? device.bytes(new Uint8Array(size * FEATURES), [size, FEATURES]);
    buffers.set(size, buffer);
    return buffer;
  };
  const streamed: BatchSource = {
    count,
    batch: (size) => gatherRows(bufferOf(size), device.integers(Array.from({ length: size }, (_, i) => i))).div(255),
    fetch: async (size, { start, ...order }) => {
      // Later batches arrive first, as can happen with reads from a disk.
      await new Promise((resolve) => setTimeout(resolve, start === 0 ? 20 : 1));
      const rows = new Uint8Array(size * FEATURES);
      for (let i = 0; i < size; i++) {
        const index = shuffledOnHost(start + i, count, order);
        rows.set(bytes.subarray(index * FEATURES, (index + 1) * FEATURES), i * FEATURES);
      }
      return () => device.refill(bufferOf(size), rows);
    },
  };
  const [here, there] = [trainer(), trainer({ training: streamed, validation: streamed })];
  for (let epoch = 0; epoch < 2; epoch++) {
    const losses = [await here.trainer.trainEpoch(), await here.trainer.evaluate()];
    expect([await there.trainer.trainEpoch(), await there.trainer.evaluate()]).toEqual(losses);
  }
  expect(await bits(there.weights)).toEqual(await bits(here.weights));
});
