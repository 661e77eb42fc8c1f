import { describe, expect, test } from 'vitest';
import {
  type BatchSource,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  FileFormatError,
  Sequential,
  type Snapshot,
  sigmoid,
  squaredErrors,
  type TrainerOptions,
  Weights,
  WeightsError,
  writeSafetensors,
} from '../src/index.ts';
import { bits, device, FEATURES, rows, trainer } from './denoising-training.ts';

describe('impossible options', () => {
  const data = () => rows(50);

  test.each<[Partial<Record<keyof TrainerOptions, unknown>>, string]>([
    [{ batchSize: Number.NaN }, 'trainer: batchSize is NaN; it must be a whole number of 1 or more.'],
    [{ batchSize: 0 }, 'trainer: batchSize is 0'],
    [{ batchSize: 1.5 }, 'trainer: batchSize is 1.5'],
    [{ validationBatchSize: 0 }, 'trainer: validationBatchSize is 0'],
    [{ learningRate: '0.1' }, 'trainer: learningRate is "0.1"'],
    [{ clipNorm: Number.NaN }, 'optimizer: clipNorm is NaN'],
    [{ earlyStopping: { patience: Number.NaN } }, 'earlyStopping: patience is NaN'],
    [{ earlyStopping: {} }, 'earlyStopping: patience is undefined'],
    [{ reduceOnPlateau: { patience: -1 } }, 'reduceOnPlateau: patience is -1'],
    [{ reduceOnPlateau: { patience: 1, factor: 1 } }, 'reduceOnPlateau: factor is 1; it must be above 0 and below 1'],
    [{ reduceOnPlateau: { patience: 1, factor: 0 } }, 'reduceOnPlateau: factor is 0'],
    [{ reduceOnPlateau: { patience: 1, minDelta: -1 } }, 'reduceOnPlateau: minDelta is -1'],
  ])('%j throw a RangeError', (options, message) => {
    const make = () => trainer(options as Partial<TrainerOptions>);
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
    expect(make).toThrow(/\(at denoising-training\.ts:\d+\)$/); // the line of `new Trainer`
  });

  test('no samples throw: to train on, in the constructor; to validate, in the evaluation', async () => {
    const none = () => ({ ...data(), count: 0 });
    expect(() => trainer({ training: none() })).toThrow('trainer: training.count is 0');
    await expect(trainer({ validation: none() }).trainer.evaluate()).rejects.toThrow(
      'evaluate: validation.count is 0; it must be a whole number of 1 or more.',
    );
  });

  test('a tensor instead of a source throws', () => {
    const tensor = device.zeros([50, FEATURES]) as unknown as BatchSource;
    expect(() => trainer({ training: tensor })).toThrow('training is no BatchSource; shuffledRows makes one');
    expect(() => trainer({ validation: tensor })).toThrow('validation is no BatchSource');
  });

  test('undefined stands for a default', () => {
    const optional = ['opponent', 'validationBatchSize', 'optimizer', 'clipNorm', 'reduceOnPlateau', 'earlyStopping'];
    expect(trainer(Object.fromEntries(optional.map((name) => [name, undefined]))).trainer.stepsPerEpoch).toBe(4);
  });
});

describe('calls that overlap', () => {
  test('a second trainEpoch, and a restore meanwhile, throw; the first call is undisturbed', async () => {
    const [one, other] = [trainer(), trainer()];
    const snapshot = await one.trainer.snapshot();
    const first = one.trainer.trainEpoch();
    await expect(one.trainer.trainEpoch()).rejects.toThrow(
      /^trainEpoch: the previous trainEpoch\(\) is still running; await it first\. \(at trainer-errors\.test\.ts:\d+\)$/,
    );
    expect(() => one.trainer.restore(snapshot, 'a snapshot')).toThrow('restore: the previous trainEpoch() is still');
    expect(await first).toEqual(await other.trainer.trainEpoch());
    expect(await one.trainer.trainEpoch()).toEqual(await other.trainer.trainEpoch());
    expect(await bits(one.weights)).toEqual(await bits(other.weights));
    one.trainer.restore(snapshot, 'a snapshot');
  });

  test('training after a call that failed is possible', async () => {
    let broken = true;
    const { trainer: trained } = trainer({
      learningRate: () => (broken ? Number.NaN : 0.01),
    });
    await expect(trained.trainEpoch()).rejects.toThrow(RangeError);
    broken = false;
    expect(await trained.trainEpoch()).toEqual(await trainer().trainer.trainEpoch());
  });

  test('a second evaluation throws: it would add to the same sums', async () => {
    const { trainer: trained } = trainer();
    const first = trained.evaluate();
    await expect(trained.evaluate()).rejects.toThrow('evaluate: the previous evaluate() is still running');
    expect(await first).toEqual(await trained.evaluate());
  });

  test('an evaluation during training changes no bit, and judges the epoch after which it began', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held: BatchSource = { ...rows(50), fetch: () => gate.then(() => () => {}) };
    const [one, other] = [trainer({ validation: held, earlyStopping: { patience: 9 } }), trainer()];
    await one.trainer.trainEpoch();
    const evaluation = one.trainer.evaluate();
    await one.trainer.trainEpoch();
    release();
    await evaluation;
    expect((await one.trainer.snapshot()).state.stopping!.epoch).toBe(1);
    for (let epoch = 0; epoch < 2; epoch++) await other.trainer.trainEpoch();
    expect(await bits(one.weights)).toEqual(await bits(other.weights));
  });

  test('a snapshot taken while steps follow has the tensors of its own step', async () => {
    const { trainer: trained } = trainer();
    const taken: Promise<Snapshot>[] = [];
    await trained.trainEpoch({
      rest: async () => {
        taken.push(trained.snapshot());
      },
    });
    expect(taken).toHaveLength(3); // after all steps but the first
    for (const { state, tensors } of await Promise.all(taken)) {
      const { trainer: paused } = trainer();
      await paused.trainEpoch({ pause: () => paused.steps === state.step });
      const wanted = await paused.snapshot();
      expect(tensors).toEqual(wanted.tensors);
      expect(state).toMatchObject({ position: state.step, totals: wanted.state.totals });
    }
  });
});

test('models without trainable weights throw when they are to be trained', async () => {
  const none = new Sequential('none', [FEATURES], [sigmoid()]);
  const { trainer: untrained } = trainer({
    weights: new Weights(device, [none], 0),
    objective: (x, { weights, ...pass }) => ({ loss: squaredErrors(none.apply(x, weights, pass), x) }),
  });
  expect(Number.isFinite((await untrained.evaluate()).loss)).toBe(true);
  await expect(untrained.trainEpoch()).rejects.toThrow(/^gradient: no weight of these models is trainable\./);
});

describe('checkpoints', () => {
  test('weights of another model throw with name and shapes, and nothing changes', async () => {
    const { trainer: trained, weights } = trainer();
    const other = new Sequential('encoder', [FEATURES], [dense(5)]);
    const before = await bits(weights);
    const { state } = await trained.snapshot();
    const tensors = await new Weights(device, [other], 0).read();
    expect(() => trained.restore({ state, tensors }, 'other.safetensors')).toThrow(WeightsError);
    expect(() => trained.restore({ state, tensors }, 'other.safetensors')).toThrow(
      /other\.safetensors.*encoder\.dense\.kernel.*\[8, 5\].*\[8, 16\]/,
    );
    expect(await bits(weights)).toEqual(before);
  });

  test('of training with another number of steps per epoch throws, even in the first epoch', async () => {
    const { trainer: small } = trainer({ batchSize: 10 });
    await small.trainEpoch({ pause: () => small.steps === 1 });
    const { snapshot } = decodeCheckpoint(encodeCheckpoint(await small.snapshot(), {}), 'small');
    const { trainer: large, weights } = trainer({ batchSize: 32, seed: 4 });
    const before = await bits(weights);
    expect(() => large.restore(snapshot, 'small')).toThrow(WeightsError);
    expect(() => large.restore(snapshot, 'small')).toThrow('small: its epochs have 5 steps, but these have 2');
    expect(await bits(weights)).toEqual(before);
    // Before the first step, nothing depends on the batch size.
    large.restore(await trainer({ batchSize: 10 }).trainer.snapshot(), 'initial');
  });

  test('without the number of steps and the optimisers, as older versions wrote them, are accepted', async () => {
    const { trainer: whole } = trainer();
    await whole.trainEpoch();
    const { tensors, state } = await whole.snapshot();
    const { stepsPerEpoch, optimizers, ...old } = state;
    expect([stepsPerEpoch, optimizers]).toEqual([4, ['adam(m, v)']]);
    const { snapshot } = decodeCheckpoint(encodeCheckpoint({ tensors, state: old }, {}), 'old');
    const { trainer: resumed } = trainer();
    resumed.restore(snapshot, 'old');
    expect(await resumed.trainEpoch()).toEqual(await whole.trainEpoch());
  });

  test('a file with only weights or with a damaged state is not a checkpoint', async () => {
    const { trainer: trained } = trainer();
    const { state, tensors } = await trained.snapshot();
    const damaged = encodeCheckpoint({ state: { ...state, step: -1 }, tensors }, {});
    expect(() => decodeCheckpoint(damaged, 'x.safetensors')).toThrow(FileFormatError);
    for (const other of [{ stepsPerEpoch: 'four' }, { optimizers: 'adam' }, { optimizers: [1] }]) {
      const odd = encodeCheckpoint({ state: { ...state, ...(other as object) }, tensors }, {});
      expect(() => decodeCheckpoint(odd, 'x.safetensors')).toThrow('the training state in its header is damaged');
    }
    const weights = writeSafetensors([['w', { shape: [1], data: Float32Array.of(1) }]]);
    expect(() => decodeCheckpoint(weights, 'x.safetensors')).toThrow(
      'x.safetensors contains weights but no training state',
    );
    expect(() => decodeCheckpoint(new Uint8Array(3), 'x.safetensors')).toThrow(FileFormatError);
  });
});
