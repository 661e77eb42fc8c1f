import type { Device } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import {
  batchNormalization,
  DivergedError,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  leakyRelu,
  type Objective,
  type Opponent,
  optimizers,
  Replica,
  Sequential,
  shuffledRows,
  Trainer,
  type TrainerOptions,
  Weights,
} from '../src/index.ts';

// A trainer with an opponent. packages/experiments/test/gan.test.ts compares its steps with PyTorch.

const [ROWS, BATCH] = [12, 5];
const generator = new Sequential('generator', [2], [dense(8), batchNormalization(), leakyRelu(0.2), dense(3)]);
const critic = new Sequential('critic', [3], [dense(8), leakyRelu(0.2), dense(1)]);

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const deceives: Objective = (x, { weights, normal, ...pass }) => {
  const made = generator.apply(normal([x.shape[0]!, 2]), weights, pass);
  return { loss: critic.apply(made, weights, pass).neg().softplus() };
};
const judges: Objective = (x, { weights, normal, ...pass }) => {
  const made = generator.apply(normal([x.shape[0]!, 2]), weights, pass);
  const missed = critic.apply(x, weights, pass).neg().softplus();
  return { loss: missed.add(critic.apply(made, weights, pass).softplus()) };
};

interface Changes {
  readonly seed?: number;
  readonly trainer?: Partial<TrainerOptions>;
  readonly opponent?: Partial<Opponent>;
}

function pair({ seed = 3, trainer, opponent }: Changes = {}) {
  const data = shuffledRows(
    device.tensor(
      Float32Array.from({ length: ROWS * 3 }, (_, i) => Math.cos(i)),
      [ROWS, 3],
    ),
  );
  const weights = new Weights(device, [generator], seed);
  const critics = new Weights(device, [critic], seed);
  const options = {
    ...{
      weights,
      objective: deceives,
      training: data,
      validation: data,
      batchSize: BATCH,
      learningRate: 0.01,
      seed: 1,
    },
    opponent: { name: 'critic', weights: critics, objective: judges, ...opponent },
    ...trainer,
  };
  return { weights, critics, trainer: new Trainer(options) };
}

test('each network changes only its own weights, and both losses are reported', async () => {
  for (const still of ['generator', 'critic']) {
    const both = pair({
      trainer: { learningRate: still === 'generator' ? 0 : 0.01 },
      opponent: { learningRate: still === 'critic' ? 0 : 0.01 },
    });
    const before = { generator: await both.weights.trainable.data(), critic: await both.critics.trainable.data() };
    const metrics = await both.trainer.trainEpoch();
    const after = { generator: await both.weights.trainable.data(), critic: await both.critics.trainable.data() };
    for (const name of ['generator', 'critic'] as const) {
      if (name === still) expect(after[name]).toEqual(before[name]);
      else expect(after[name]).not.toEqual(before[name]);
    }
    expect(Object.keys(metrics!).sort()).toEqual(['criticLoss', 'loss']);
    expect(Object.keys(await both.trainer.evaluate()).sort()).toEqual(['criticLoss', 'loss']);
  }
});

test('a run resumed in the middle of an epoch has the bits of an uninterrupted one', async () => {
  const rules = {
    trainer: { optimizer: optimizers.adam({ beta1: 0.5 }) },
    opponent: { optimizer: optimizers.sgd({ momentum: 0.9 }) },
  };
  const [one, other] = [pair(rules), pair({ ...rules, seed: 4 })];
  let steps = 0;
  await one.trainer.trainEpoch({ pause: () => steps++ === 2 });
  const bytes = encodeCheckpoint(await one.trainer.snapshot(), {});
  other.trainer.restore(decodeCheckpoint(bytes, 'a file').snapshot, 'a file');
  for (const { trainer } of [one, other]) {
    await trainer.trainEpoch();
    await trainer.trainEpoch();
  }
  expect(await other.trainer.snapshot().then(({ tensors }) => tensors)).toEqual(
    await one.trainer.snapshot().then(({ tensors }) => tensors),
  );
  expect(await other.trainer.evaluate()).toEqual(await one.trainer.evaluate());
});

test('an opponent’s learning rate is the trainer’s if it is undefined', async () => {
  const [one, other] = [pair(), pair({ opponent: { learningRate: undefined } })];
  expect(await other.trainer.trainEpoch()).toEqual(await one.trainer.trainEpoch());
});

test('a learning rate that is not finite is refused before either network changes', async () => {
  expect(() => pair({ opponent: { learningRate: Number.NaN } })).toThrow('learningRate is NaN');
  // The opponent moves first.
  const both = pair({ trainer: { learningRate: () => Number.NaN }, opponent: { learningRate: 0.01 } });
  const before = await both.trainer.snapshot();
  await expect(both.trainer.trainEpoch()).rejects.toThrow('learningRate(0) is NaN');
  expect((await both.trainer.snapshot()).tensors).toEqual(before.tensors);
});

test('a checkpoint of an opponent with another optimiser is refused', async () => {
  const [one, other] = [pair(), pair({ opponent: { optimizer: optimizers.sgd() } })];
  await one.trainer.trainEpoch();
  const snapshot = await one.trainer.snapshot();
  expect(() => other.trainer.restore(snapshot, 'a file')).toThrow(
    'with adam(m, v) and adam(m, v), another optimiser than sgd() and adam(m, v).',
  );
});

test.each(['generator', 'critic'])(
  'a snapshot without a moment of the %s is refused, and changes nothing',
  async (name) => {
    const [one, other] = [pair(), pair({ seed: 4 })];
    await one.trainer.trainEpoch();
    const { state, tensors } = await one.trainer.snapshot();
    const missing = `adam.m.${name}.dense.kernel`;
    const some = new Map([...tensors].filter(([own]) => own !== missing));
    const before = await other.trainer.snapshot();
    expect(() => other.trainer.restore({ state, tensors: some }, 'a file')).toThrow(`has no '${missing}'`);
    expect((await other.trainer.snapshot()).tensors).toEqual(before.tensors);
  },
);

test('after its first epoch, it only creates submissions: two for each step', async () => {
  const { trainer } = pair();
  await trainer.trainEpoch();
  const { buffers, bindGroups, pipelines, submits } = device.counters;
  await trainer.trainEpoch();
  expect(device.counters).toMatchObject({ buffers, bindGroups, pipelines });
  expect(device.counters.submits - submits).toBeGreaterThanOrEqual(2 * trainer.stepsPerEpoch);
});

test.each(['generator', 'critic'] as const)('a bad step of the %s stops both, and is explained', async (bad) => {
  const broken =
    (objective: Objective): Objective =>
    (x, context) => ({ loss: objective(x, context).loss!.neg().log() });
  const both = pair(
    bad === 'critic' ? { opponent: { objective: broken(judges) } } : { trainer: { objective: broken(deceives) } },
  );
  const before = await both.weights.read();
  const critics = await both.critics.read();
  const error = await both.trainer.trainEpoch().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DivergedError);
  expect(String(error)).toMatch(/step 1 \(epoch 1\) is not finite: .*log/);
  expect(await both.weights.read()).toEqual(before);
  if (bad === 'critic') expect(await both.critics.read()).toEqual(critics);
});

test('networks with a weight of the same name are refused', () => {
  const critics = new Weights(device, [generator], 0);
  expect(() => pair({ opponent: { weights: critics } })).toThrow(
    "both networks have a weight 'generator.dense.kernel'",
  );
});

test('several processes can’t train it', () => {
  expect(() => new Replica(pair().trainer, { rank: 0, count: 2 })).toThrow(
    "several processes can't train a network and its critic",
  );
});
