import type { Device, Tensor } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  binaryCrossEntropies,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  frozen,
  gradients,
  leakyRelu,
  Model,
  type Objective,
  Optimizer,
  randomDraws,
  readSafetensors,
  Sequential,
  shuffledRows,
  Trainer,
  Weights,
  writeSafetensors,
} from '../src/index.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

describe('two networks against each other', () => {
  const generator = new Sequential('generator', [2], [dense(8), leakyRelu(0.2), dense(3)]);
  const critic = new Sequential('critic', [3], [dense(8), leakyRelu(0.2), dense(1)]);
  const [REAL, FAKE] = [1, 0];
  const judge = (logits: Tensor, verdict: number): Tensor =>
    binaryCrossEntropies(logits, device.zeros(logits.shape).add(verdict));

  const data = () =>
    shuffledRows(
      device.tensor(
        Float32Array.from({ length: 36 }, (_, i) => Math.cos(i)),
        [12, 3],
      ),
    );

  /** Both losses of Goodfellow et al. 2014. Each trains one network, the generator's through the frozen critic. */
  const duel: Objective = (real, { weights, normal, ...pass }) => {
    const fake = generator.apply(normal([real.shape[0]!, 2]), weights, pass);
    return {
      seesReal: judge(critic.apply(real, weights, pass), REAL),
      seesFake: judge(critic.apply(fake.stopGradient(), weights, pass), FAKE),
      deceives: judge(critic.apply(fake, frozen(weights), pass), REAL),
    };
  };

  test('in one trainer: each gets the gradient of its own loss, and a checkpoint contains both', async () => {
    const weights = new Weights(device, [generator, critic], 3);
    const batch = device.tensor([
      [1, 2, 3],
      [0, -1, 1],
    ]);
    const gradientOf = async (terms: readonly string[], freeze: boolean): Promise<Map<string, Float32Array>> => {
      const draws = randomDraws(device, { seed: device.integers(0), step: device.integers(0) }, { training: true });
      const some: Objective = (x, context) => {
        const all = duel(x, context);
        return Object.fromEntries(Object.entries(all).filter(([name]) => terms.includes(name)));
      };
      const objective: Objective = freeze
        ? some
        : (x, context) => {
            const fake = generator.apply(context.normal([x.shape[0]!, 2]), context.weights, context);
            return { loss: judge(critic.apply(fake, context.weights, context), REAL) };
          };
      const flat = device.variable(await gradients(weights, objective, batch, draws).gradient.data());
      const found = weights.trainableNames.map(
        async (name) => [name, await weights.viewLike(flat, name).data()] as const,
      );
      return new Map(await Promise.all(found));
    };
    const all = await gradientOf(['seesReal', 'seesFake', 'deceives'], true);
    const critical = await gradientOf(['seesReal', 'seesFake'], true);
    const deceptive = await gradientOf(['deceives'], true);
    const through = await gradientOf([], false);
    for (const name of weights.trainableNames) {
      const ofGenerator = name.startsWith('generator');
      expect(all.get(name), name).toEqual((ofGenerator ? deceptive : critical).get(name));
      expect(Math.max(...(ofGenerator ? critical : deceptive).get(name)!.map(Math.abs)), name).toBe(0);
      if (ofGenerator) expect(deceptive.get(name), name).toEqual(through.get(name));
    }

    const trainerOf = (weights: Weights) =>
      new Trainer({
        weights,
        objective: duel,
        training: data(),
        validation: data(),
        batchSize: 5,
        learningRate: 0.01,
        seed: 1,
      });
    const others = new Weights(device, [generator, critic], 4);
    const [begun, resumed] = [trainerOf(weights), trainerOf(others)];
    await begun.trainEpoch();
    const bytes = encodeCheckpoint(await begun.snapshot(), {});
    resumed.restore(decodeCheckpoint(bytes, 'gan').snapshot, 'gan');
    expect(await resumed.trainEpoch()).toEqual(await begun.trainEpoch());
    expect(await others.read()).toEqual(await weights.read());
  });

  /** Each network has its own weights and optimiser, and they train in turns. One file contains everything. */
  const inTurns = async (seed: number) => {
    const source = data();
    const makers = new Weights(device, [generator], seed);
    const critics = new Weights(device, [critic], seed);
    const [making, judging] = [new Optimizer(makers), new Optimizer(critics)];
    const own = (weights: Weights) => (name: string) => weights.get(name);
    const sideOf = (weights: Weights, optimizer: Optimizer, objective: Objective) =>
      device.compile({ rate: 'f32', step: 'u32' }, ({ rate, step }) => {
        const key = { seed: device.integers(7), step };
        const batch = source.batch(5, { seed: key.seed, epoch: step, start: device.integers(0) });
        const all = gradients(weights, objective, batch, randomDraws(device, key, { training: true }));
        return { updates: optimizer.step(all, rate, step).updates };
      });
    const critical = await sideOf(critics, judging, (real, { weights, normal, ...pass }) => {
      const fake = generator.apply(normal([real.shape[0]!, 2]), own(makers), pass);
      return {
        real: judge(critic.apply(real, weights, pass), REAL),
        fake: judge(critic.apply(fake, weights, pass), FAKE),
      };
    });
    const deceptive = await sideOf(makers, making, (real, { weights, normal, ...pass }) => {
      const fake = generator.apply(normal([real.shape[0]!, 2]), weights, pass);
      return { loss: judge(critic.apply(fake, own(critics), pass), REAL) };
    });
    return {
      makers,
      critics,
      critical: (step: number) => critical.run({ rate: judging.rateAt(0.01, step), step }),
      deceptive: (step: number) => deceptive.run({ rate: making.rateAt(0.01, step), step }),
      save: async () => {
        const parts = await Promise.all([makers, critics, making, judging].map((part) => part.read()));
        return writeSafetensors(new Map(parts.flatMap((part) => [...part])), {});
      },
      load: (bytes: Uint8Array) => {
        const { tensors } = readSafetensors(bytes, 'gan');
        for (const part of [makers, critics, making, judging]) part.write(tensors, 'gan');
      },
    };
  };

  test('in turns: a step changes only one network, and a file of both resumes with the same bits', async () => {
    const [one, other] = [await inTurns(3), await inTurns(4)];
    const before = { makers: await one.makers.read(), critics: await one.critics.read() };
    one.critical(0);
    expect(await one.makers.read()).toEqual(before.makers);
    const judged = await one.critics.read();
    expect(judged).not.toEqual(before.critics);
    one.deceptive(0);
    expect(await one.critics.read()).toEqual(judged);
    expect(await one.makers.read()).not.toEqual(before.makers);

    other.load(await one.save());
    for (const pair of [one, other]) {
      pair.critical(1);
      pair.deceptive(1);
    }
    expect(await other.save()).toEqual(await one.save());
    // The file also fits one model of both networks.
    new Weights(device, [new Model('gan', [generator, critic], () => {})], 0).write(
      readSafetensors(await one.save(), 'gan').tensors,
      'gan',
    );
  });
});
