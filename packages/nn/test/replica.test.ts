import { type Device, gatherRows, shuffledIndices } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type BatchSource,
  batchNormalization,
  dense,
  type Layer,
  type Metrics,
  type Objective,
  Replica,
  relu,
  Sequential,
  sigmoid,
  squaredErrors,
  Trainer,
  Weights,
} from '../src/index.ts';

const FEATURES = 8;
const SAMPLES = 50;

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

function rows(): BatchSource {
  const values = Float32Array.from({ length: SAMPLES * FEATURES }, (_, i) => {
    const [row, column] = [Math.floor(i / FEATURES), i % FEATURES];
    return 0.5 + 0.4 * Math.sin(row * 2.4 + column);
  });
  const data = device.tensor(values, [SAMPLES, FEATURES]);
  return {
    count: SAMPLES,
    batch: (size, position) => gatherRows(data, shuffledIndices(device, size, SAMPLES, position)),
  };
}

function training(normalization: Layer[] = [], data = rows()): { trainer: Trainer; weights: Weights } {
  const model = new Sequential(
    'model',
    [FEATURES],
    [dense(16), ...normalization, relu(), dense(2), relu(), dense(FEATURES), sigmoid()],
  );
  const objective: Objective = (x, { weights, ...pass }) => {
    const errors = squaredErrors(model.apply(x, weights, pass), x);
    return { half: errors.mul(0.5), rest: errors.mul(0.5) };
  };
  const weights = new Weights(device, [model], 1);
  const seed = 3;
  // 50 samples in batches of 16: the last has 2.
  const trainer = new Trainer({
    weights,
    objective,
    training: data,
    validation: data,
    batchSize: 16,
    learningRate: 0.01,
    seed,
  });
  return { trainer, weights };
}

const sum = (vectors: readonly Float32Array[]): Float32Array =>
  vectors[0]!.map((_, i) => vectors.reduce((total, vector) => total + vector[i]!, 0));

/** An epoch of `count` processes, which exchange their vectors here. */
async function epochOf(replicas: readonly Replica[]): Promise<{ training: Metrics; validation: Metrics }> {
  while (!replicas[0]!.epochDone) {
    const sums = sum(await Promise.all(replicas.map((replica) => replica.gradients())));
    for (const replica of replicas) await replica.apply(sums);
  }
  const sums = sum(await Promise.all(replicas.map((replica) => replica.evaluate())));
  const [first] = await Promise.all(replicas.map((replica) => replica.endEpoch(sums)));
  return first!;
}

const processes = (count: number, normalization?: Layer[]) => {
  const parts = Array.from({ length: count }, () => training(normalization));
  const replicas = parts.map(({ trainer }, rank) => new Replica(trainer, { rank, count }));
  return { parts, replicas };
};

describe('several processes', () => {
  test.each([1, 2, 4])('%i processes have the losses of one training', async (count) => {
    const alone = training();
    const { parts, replicas } = processes(count);
    for (let epoch = 0; epoch < 3; epoch++) {
      const trained = (await alone.trainer.trainEpoch())!;
      const validated = await alone.trainer.evaluate();
      const together = await epochOf(replicas);
      // The shares are added in another order: a few roundings in each of 12 steps.
      for (const [name, value] of Object.entries(trained))
        expect(Math.abs(together.training[name]! / value - 1), name).toBeLessThan(1e-6);
      for (const [name, value] of Object.entries(validated))
        expect(Math.abs(together.validation[name]! / value - 1), name).toBeLessThan(1e-6);
    }
    const [first, ...others] = await Promise.all(parts.map(({ weights }) => weights.read()));
    for (const other of others) expect(other).toEqual(first);
  });

  test('batch normalisation uses the statistics of a share, and its moving averages follow their mean', async () => {
    const { parts, replicas } = processes(2, [batchNormalization()]);
    const alone = training([batchNormalization()]);
    await epochOf(replicas);
    await alone.trainer.trainEpoch();
    const [first, second, single] = await Promise.all(
      [...parts, alone].map(
        async ({ weights }) => (await weights.read()).get('model.batch_normalization.moving_mean')!,
      ),
    );
    expect(second).toEqual(first);
    expect(first!.data).not.toEqual(single!.data);
    expect(Math.max(...first!.data.map((mean, i) => Math.abs(mean - single!.data[i]!)))).toBeLessThan(0.05);
  });

  test('a snapshot of two processes continues in three', async () => {
    const two = processes(2);
    await epochOf(two.replicas);
    const snapshot = await two.parts[0]!.trainer.snapshot();
    const three = processes(3);
    for (const { trainer } of three.parts) trainer.restore(snapshot, 'snapshot');
    const [after2, after3] = [await epochOf(two.replicas), await epochOf(three.replicas)];
    // The shares are added in another order.
    expect(Math.abs(after3.training.loss! / after2.training.loss! - 1)).toBeLessThan(1e-6);
  });

  test('a loss that is not finite changes nothing, and ends the epoch with an error', async () => {
    const { parts, replicas } = processes(1);
    const before = await parts[0]!.weights.read();
    const vector = await replicas[0]!.gradients();
    await replicas[0]!.apply(vector.fill(Number.NaN, 0, 1));
    for (let step = 1; step < 3; step++) await replicas[0]!.apply(await replicas[0]!.gradients());
    await expect(replicas[0]!.apply(await replicas[0]!.gradients())).rejects.toThrow('step 1 (epoch 1) is not finite');
    expect(await parts[0]!.weights.read()).toEqual(before);
    // The state is that from before the bad step, which was the first.
    const { state } = await parts[0]!.trainer.snapshot();
    expect(state).toMatchObject({ step: 0, epoch: 0, position: 0 });
    expect(replicas[0]!.epochDone).toBe(false);
  });

  test('steps beyond the end of an epoch throw', async () => {
    const { replicas, parts } = processes(1);
    const [replica] = replicas as [Replica];
    const vector = await replica.gradients();
    while (!replica.epochDone) await replica.apply(await replica.gradients());
    await expect(replica.gradients()).rejects.toThrow('gradients: all 4 steps of the epoch are made; end it first.');
    await expect(replica.apply(vector)).rejects.toThrow(RangeError);
    expect(parts[0]!.trainer.steps).toBe(4);
    await replica.endEpoch(await replica.evaluate());
    await replica.apply(await replica.gradients());
  });

  test('a batch that could not be fetched is fetched again', async () => {
    const failing = new Set([0, 16]); // the second batch, which is fetched ahead of its step, fails unseen
    const source: BatchSource = {
      ...rows(),
      fetch: async (_, { start }) => {
        if (failing.delete(start)) throw new Error('connection lost');
        return () => {};
      },
    };
    const [{ trainer, weights }, alone] = [training([], source), training()];
    const replica = new Replica(trainer, { rank: 0, count: 1 });
    await expect(replica.gradients()).rejects.toThrow('connection lost');
    await epochOf([replica]);
    expect(failing.size).toBe(0);
    await epochOf([new Replica(alone.trainer, { rank: 0, count: 1 })]);
    expect(await weights.read()).toEqual(await alone.weights.read());
  });

  test('a vector of another length, and more processes than samples, throw', async () => {
    const { trainer } = training();
    const replica = new Replica(trainer, { rank: 0, count: 2 });
    await expect(replica.apply(new Float32Array(3))).rejects.toThrow(/has 3 elements, but this model's has \d+/);
    expect(() => new Replica(trainer, { rank: 2, count: 2 })).toThrow('rank 2 of 2 processes does not exist');
    expect(() => new Replica(trainer, { rank: 0, count: 17 })).toThrow(
      "17 processes can't share batches of 16 samples",
    );
  });
});
