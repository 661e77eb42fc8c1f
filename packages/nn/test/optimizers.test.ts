import { type Device, pack } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { expectOracle, load, make, type Spec } from '@hourglass/testing/oracle';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  decodeCheckpoint,
  dense,
  dropout,
  encodeCheckpoint,
  leakyRelu,
  Optimizer,
  type OptimizerRule,
  optimizers,
  Sequential,
  scheduled,
  squaredErrors,
  stepDecay,
  Trainer,
  type TrainerOptions,
  Weights,
  WeightsError,
  warmUp,
} from '../src/index.ts';

/** PyTorch's optimisers in float64 and PyTorch's schedules (oracles/blocks_oracle.py). */
interface Oracle {
  readonly optimizers: readonly {
    readonly name: string;
    readonly options: Readonly<Record<string, number | boolean>>;
    readonly clipNorm: number | null;
    readonly learningRate: number;
    readonly w: Spec;
    readonly grads: readonly Spec[];
    readonly after: readonly (readonly number[])[];
  }[];
  readonly schedules: {
    readonly warm_up_cosine: readonly number[];
    readonly step_decay: readonly number[];
    readonly plateau: { readonly losses: readonly number[]; readonly after: readonly number[] };
  };
}

const oracle = await load<Oracle>('blocks');

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

test.each(oracle.optimizers)(
  'PyTorch: $name, largest norm $clipNorm',
  async ({ name, options, clipNorm, learningRate, w, grads, after }) => {
    const weights = new Weights(device, [new Sequential('m', [1], [dense(10)])], 0);
    weights.get('m.dense.kernel').write(make(w));
    const rule = name === 'adam_w' ? optimizers.adamW(options) : optimizers.sgd(options);
    const optimizer = new Optimizer(weights, { rule, clipNorm: clipNorm ?? undefined });
    const gradient = device.variable(new Float32Array(10));
    const inputs = { rate: 'f32', learningRate: 'f32', step: 'u32' } as const;
    const plan = await device.compile(inputs, ({ rate, step, learningRate: given }) => {
      const whole = pack([gradient.add(0)], [0], weights.trainable.size);
      const { updates } = optimizer.step(
        { loss: device.tensor(1), gradient: whole, moved: new Map() },
        rate,
        step,
        given,
      );
      return { updates };
    });
    for (const [step, spec] of grads.entries()) {
      gradient.write(make(spec));
      plan.run({ rate: optimizer.rateAt(learningRate, step), learningRate, step });
      const found = await weights.get('m.dense.kernel').data();
      // Weights up to 2 and moments are rounded once or twice per step.
      expectOracle(found, { shape: [10], data: after[step]! }, { element: (step + 2) * 2 ** -23 }, `step ${step + 1}`);
    }
    plan.destroy();
  },
);

/** A weight of 1 after one step of a rule. */
async function afterStep(rule: OptimizerRule, given: number, learningRate: number): Promise<number> {
  const weights = new Weights(device, [new Sequential('m', [1], [dense(1)])], 0);
  weights.get('m.dense.kernel').write([1]);
  const optimizer = new Optimizer(weights, { rule });
  const inputs = { rate: 'f32', learningRate: 'f32', step: 'u32' } as const;
  const plan = await device.compile(inputs, ({ rate, step, learningRate }) => {
    const gradient = weights.trainable.mul(0).add(given);
    return {
      updates: optimizer.step({ loss: device.tensor(1), gradient, moved: new Map() }, rate, step, learningRate).updates,
    };
  });
  plan.run({ rate: optimizer.rateAt(learningRate, 0), learningRate, step: 0 });
  plan.destroy();
  return await weights.get('m.dense.kernel').item();
}

test('AdamW decays a weight by 0.01 · rate · weight by default, and adds epsilon outside the root', async () => {
  expect(await afterStep(optimizers.adamW(), 0, 0.5)).toBeCloseTo(1 - 0.5 * 0.01, 6);
  // The first step for gradient g is rate · √(1 − β₂) g / (√(1 − β₂) g + ε), Keras's form of Adam. Here ε is three
  // quarters of the divisor.
  const root = Math.sqrt(0.001) * 1e-6;
  expect(await afterStep(optimizers.adamW({ weightDecay: 0 }), 1e-6, 0.5)).toBeCloseTo(
    1 - (0.5 * root) / (root + 1e-7),
    5,
  );
});

test.each(['adam', 'adamW', 'sgd'] as const)('%s changes nothing if the gradient is infinite', async (name) => {
  expect(await afterStep(optimizers[name](), Number.POSITIVE_INFINITY, 0.5)).toBe(1);
});

test('learning rates equal PyTorch’s', () => {
  const close = (rate: (step: number) => number, expected: readonly number[]): void =>
    expected.forEach((value, step) => {
      expect(rate(step), `step ${step}`).toBeCloseTo(value, 8); // stored with 9 digits
    });
  close(warmUp(5, scheduled('cosine', 0.1, 12)), oracle.schedules.warm_up_cosine);
  close(stepDecay(0.1, { every: 3, factor: 0.5 }), oracle.schedules.step_decay);
});

const model = new Sequential('m', [4], [dense(8), leakyRelu(), dropout(0.25), dense(4)]);
const rows = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i * 1.7));

/** A small trainer with dropout and two steps per epoch. */
function training(options: Partial<TrainerOptions> = {}) {
  const weights = new Weights(device, [model], 3);
  const data = device.tensor(rows, [12, 4]);
  const source: TrainerOptions['training'] = {
    count: 12,
    batch: (size, { start }) => data.slice([0, 0], [size, 4]).add(start.device.tensor(0)),
  };
  const trainer = new Trainer({
    weights,
    objective: (x, { weights: lookup, ...pass }) => ({ errors: squaredErrors(model.apply(x, lookup, pass), x) }),
    training: source,
    validation: source,
    batchSize: 6,
    learningRate: 0.05,
    seed: 3,
    ...options,
  });
  return { trainer, weights };
}

const OPTIONS: Readonly<Record<string, Partial<TrainerOptions>>> = {
  'sgd with momentum': { optimizer: optimizers.sgd({ momentum: 0.9 }) },
  'adamW, clipped': { optimizer: optimizers.adamW({ weightDecay: 0.1 }), clipNorm: 0.5 },
  // No loss falls by 10, so the rate is halved after the third epoch. The checkpoint is from the fourth.
  'adam with plateaus': {
    reduceOnPlateau: { patience: 2, factor: 0.5, minDelta: 10 },
    earlyStopping: { patience: 3, minDelta: 10 },
  },
};

test.each(Object.keys(OPTIONS))('%s resumes from a checkpoint with the same bits, including dropout', async (name) => {
  const [whole, first, second] = [training(OPTIONS[name]), training(OPTIONS[name]), training(OPTIONS[name])];
  for (let epoch = 0; epoch < 5; epoch++) {
    await whole.trainer.trainEpoch();
    await whole.trainer.evaluate();
  }
  for (let epoch = 0; epoch < 3; epoch++) {
    await first.trainer.trainEpoch();
    await first.trainer.evaluate();
  }
  let steps = 0;
  await first.trainer.trainEpoch({ pause: () => steps++ === 1 });
  const { snapshot } = decodeCheckpoint(encodeCheckpoint(await first.trainer.snapshot(), {}), 'checkpoint');
  second.trainer.restore(snapshot, 'checkpoint');
  await second.trainer.trainEpoch();
  await second.trainer.evaluate();
  await second.trainer.trainEpoch();
  await second.trainer.evaluate();
  expect(second.trainer.steps).toBe(whole.trainer.steps);
  const [a, b] = [await whole.trainer.snapshot(), await second.trainer.snapshot()];
  expect([...b.tensors]).toEqual([...a.tensors]);
  const { stopping, reducing, rateFactor } = a.state;
  expect(b.state).toMatchObject({ ...(stopping && { stopping, reducing }), ...(rateFactor && { rateFactor }) });
});

test('a checkpoint of another optimiser is refused', async () => {
  const { trainer } = training();
  await trainer.trainEpoch();
  const { tensors, state } = await trainer.snapshot();
  for (const momentum of [0.9, 0]) {
    const other = training({ optimizer: optimizers.sgd({ momentum }) }).trainer;
    const restore = () => other.restore({ tensors, state }, 'checkpoint');
    expect(restore).toThrow(WeightsError);
    expect(restore).toThrow('checkpoint was saved while training with adam(m, v), another optimiser than sgd(');
  }
  // Older checkpoints do not name their optimiser.
  const { optimizers: _, ...old } = state;
  const other = training({ optimizer: optimizers.sgd({ momentum: 0.9 }) }).trainer;
  expect(() => other.restore({ tensors, state: old }, 'checkpoint')).toThrow(
    /no 'sgd\.velocity\.m.dense.kernel'; it was saved while training with another optimiser/,
  );
});

test.each([
  ['adam.m.m.dense_1.bias', '3', 3, '4'],
  ['adam.v.m.dense_1.bias', '4', 3, '4'],
  ['m.dense_1.bias', '4', 5, '4'],
  ['m.dense.kernel', '8, 4', 32, '4, 8'],
])('a checkpoint whose %s has shape [%s] and %i elements is refused, and changes nothing', async (...fault) => {
  const [name, extents, size, wanted] = fault;
  const shape = extents.split(', ').map(Number);
  const [one, other] = [training().trainer, training({ seed: 4 }).trainer];
  await one.trainEpoch();
  await other.trainEpoch();
  const { tensors, state } = await one.snapshot();
  const odd = new Map([...tensors, [name, { shape, data: new Float32Array(size) }]]);
  const before = await other.snapshot();
  const restore = () => other.restore({ tensors: odd, state }, 'checkpoint');
  expect(restore).toThrow(WeightsError);
  expect(restore).toThrow(
    `checkpoint: '${name}' has shape [${extents}] and ${size} elements, but this model needs [${wanted}].`,
  );
  expect(await other.snapshot()).toEqual(before);
});

test.each([
  ['adam', { beta1: 1 }, 'adam: beta1 is 1; it must be a number of 0 or more and below 1.'],
  ['adam', { beta2: Number.NaN }, 'adam: beta2 is NaN'],
  ['adam', { epsilon: 0 }, 'adam: epsilon is 0; it must be a number of 1.2e-38 or more.'],
  ['adamW', { beta1: -0.1 }, 'adamW: beta1 is -0.1'],
  ['adamW', { epsilon: 1e-50 }, 'adamW: epsilon is 1e-50'], // 0 in float32
  ['adamW', { weightDecay: -1 }, 'adamW: weightDecay is -1; it must be a finite number of 0 or more.'],
  ['adamW', { weightDecay: Number.POSITIVE_INFINITY }, 'adamW: weightDecay is Infinity'],
  ['sgd', { momentum: 1 }, 'sgd: the momentum is 1'],
] as const)('%s refuses %j', (name, options, message) => {
  expect(() => optimizers[name](options)).toThrow(RangeError);
  expect(() => optimizers[name](options)).toThrow(message);
});

describe('plateaus', () => {
  /** The rate factor and `stopped` after each epoch with the given validation losses and a gradient of 0. */
  async function following(losses: readonly number[], options: Partial<TrainerOptions>) {
    const loss = device.variable(0);
    const { trainer } = training({
      objective: (x, { weights }) => ({ loss: x.sum(1).mul(0).add(loss).add(weights('m.dense.bias').sum().mul(0)) }),
      learningRate: 1,
      optimizer: optimizers.sgd(),
      ...options,
    });
    const after: { factor: number; stopped: boolean }[] = [];
    for (const value of losses) {
      loss.write([0]);
      await trainer.trainEpoch();
      loss.write([value]);
      await trainer.evaluate();
      await trainer.evaluate(); // counts once
      const { rateFactor = 1 } = (await trainer.snapshot()).state;
      after.push({ factor: rateFactor, stopped: trainer.stopped });
    }
    return after;
  }

  test('the learning rate falls when PyTorch’s does', async () => {
    const { losses, after } = oracle.schedules.plateau;
    const found = await following(losses, { reduceOnPlateau: { patience: 2, factor: 0.5, minDelta: 0.05 } });
    found.forEach(({ factor }, epoch) => {
      expect(0.1 * factor, `epoch ${epoch + 1}`).toBeCloseTo(after[epoch]!, 8);
    });
  });

  test('later steps use the reduced rate, a tenth by default', async () => {
    const { trainer, weights } = training({
      objective: (x, { weights: lookup }) => {
        const bias = lookup('m.dense.bias').sum();
        // Always 1, with a gradient of 1 for each bias.
        return { loss: x.sum(1).mul(0).add(1).add(bias.sub(bias.stopGradient())) };
      },
      learningRate: 1,
      optimizer: optimizers.sgd(),
      reduceOnPlateau: { patience: 1 },
    });
    const after: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      await trainer.trainEpoch();
      await trainer.evaluate();
      after.push((await weights.get('m.dense.bias').data())[0]!);
    }
    expect(after).toEqual([-2, -4, Math.fround(-4.2)].map((value) => expect.closeTo(value, 5)));
  });

  test('a patience of 0 is one of 1, as in Keras: only an epoch without improvement counts', async () => {
    const losses = [5, 4, 4.5, 3, 3, 2];
    const options = (patience: number) => ({ earlyStopping: { patience }, reduceOnPlateau: { patience, factor: 0.5 } });
    const found = await following(losses, options(0));
    expect(found).toEqual(await following(losses, options(1)));
    expect(found).toEqual([
      { factor: 1, stopped: false },
      { factor: 1, stopped: false },
      { factor: 0.5, stopped: true },
      { factor: 0.5, stopped: false },
      { factor: 0.25, stopped: true },
      { factor: 0.25, stopped: false },
    ]);
    expect(training(options(0)).trainer.stopped).toBe(false);
  });

  test('training stops after `patience` epochs without improvement', async () => {
    const found = await following([5, 4, 4.5, 3, 3, Number.NaN, 2], { earlyStopping: { patience: 2 } });
    expect(found.map(({ stopped }) => stopped)).toEqual([false, false, false, false, false, true, false]);
  });
});
