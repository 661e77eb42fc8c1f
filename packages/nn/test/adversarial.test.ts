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
  type Objective,
  randomDraws,
  Sequential,
  shuffledRows,
  Trainer,
  Weights,
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
});
