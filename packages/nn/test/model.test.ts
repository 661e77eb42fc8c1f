import { concat, type Device, type Tensor } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { expectOracle, load, make, type Spec, type Stored, toleranceOf } from '@hourglass/testing/oracle';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Batch,
  batchNormalization,
  binaryCrossEntropies,
  conv2d,
  conv2dTranspose,
  decodeCheckpoint,
  dense,
  dropout,
  encodeCheckpoint,
  frozen,
  gradients,
  type Layer,
  leakyRelu,
  Model,
  meanOfEach,
  type Objective,
  randomDraws,
  readSafetensors,
  Sequential,
  shuffledRows,
  sigmoid,
  silu,
  squaredErrors,
  summary,
  Trainer,
  Weights,
  writeSafetensors,
} from '../src/index.ts';

// Models with several parts and batches with several tensors, tested against PyTorch's float64 results
// (oracles/models_oracle.py) and by properties.

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

type Named = Readonly<Record<string, Stored>>;
type Errors = Readonly<Record<string, [number, number]>>;

interface Oracle {
  readonly inputs: Readonly<Record<string, Spec | Stored>>;
  readonly params: Readonly<Record<string, Spec>>;
  readonly losses: readonly number[];
  readonly grads: Named;
  readonly after3: Named;
  readonly errors: { readonly losses: readonly number[]; readonly grads: Errors; readonly after3: Errors };
}

const { lr, ...oracles } = await load<{ lr: number; unet: Oracle; cvae: Oracle }>('models');

/** A tensor computed from a formula or read from stored numbers. */
const given = (spec: Spec | Stored): Tensor =>
  device.tensor('data' in spec ? Float32Array.from(spec.data) : make(spec), spec.shape);

const SIDE = 6;

/** A skip connection takes the output of `first` past `down` and `up`, as in Ronneberger et al. 2015. */
function unetOf(): Model {
  const part = (name: string, input: number[], layers: Layer[]) => new Sequential(name, input, layers);
  const half = SIDE / 2;
  const conv = { filters: 4, kernelSize: 3 };
  const first = part('first', [SIDE, SIDE, 2], [conv2d(conv), leakyRelu(0.2), batchNormalization()]);
  const down = part('down', [SIDE, SIDE, 4], [conv2d({ ...conv, filters: 6, stride: 2 }), leakyRelu(0.2)]);
  const up = part('up', [half, half, 6], [conv2dTranspose({ ...conv, stride: 2 }), leakyRelu(0.2)]);
  const last = part('last', [SIDE, SIDE, 8], [conv2d({ ...conv, filters: 2 })]);
  return new Model('unet', [first, down, up, last], (images: Tensor, weights, pass) => {
    const skip = first.apply(images, weights, pass);
    const high = up.apply(down.apply(skip, weights, pass), weights, pass);
    return last.apply(concat([skip, high], -1), weights, pass);
  });
}

const unet = unetOf();

const segmentation: Objective<Readonly<Record<'images' | 'masks', Tensor>>> = ({ images, masks }, context) => ({
  loss: binaryCrossEntropies(unet.apply(images, context.weights, context), masks),
});

type Conditions = Readonly<Record<'x' | 'label' | 'eps', Tensor>>;

const encoder = new Sequential('encoder', [9], [dense(10), silu(), [dense(2), dense(2)]]);
const decoder = new Sequential('decoder', [5], [dense(10), silu(), dense(6), sigmoid()]);
const cvae = new Model('cvae', [encoder, decoder], ({ x, label, eps }: Conditions, weights, pass) => {
  const code = encoder.apply(concat([x, label], -1), weights, pass);
  const [count] = x.shape as [number];
  const [mean, logVariance] = [code.slice([0, 0], [count, 2]), code.slice([0, 2], [count, 4])];
  const z = mean.add(logVariance.mul(0.5).exp().mul(eps));
  return { mean, logVariance, output: decoder.apply(concat([z, label], -1), weights, pass) };
});

const variational: Objective<Conditions> = (batch, context) => {
  const { mean, logVariance, output } = cvae.apply(batch, context.weights, context);
  const divergences = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum(1).mul(-0.5);
  return { reconstruction: meanOfEach(squaredErrors(output, batch.x)).mul(20), divergences };
};

/** Compares three Adam steps that the trainer makes on one batch with PyTorch's. */
async function checkTraining<B extends Batch>(
  { inputs, params, losses, grads, after3, errors }: Oracle,
  model: Model<never, unknown>,
  objective: Objective<B>,
): Promise<Weights> {
  const weights = new Weights(device, [model], 0);
  expect(weights.trainableNames).toEqual(Object.keys(params));
  for (const [name, spec] of Object.entries(params)) weights.get(name).write(make(spec));
  const batch = Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, given(spec)]));
  const samples = { count: Object.values(batch)[0]!.shape[0]!, batch: () => batch as B };

  const draws = randomDraws(device, { seed: device.integers(0), step: device.integers(0) }, { training: true });
  const { gradient } = gradients(weights, objective, samples.batch(), draws);
  const flat = device.variable(await gradient.data());
  for (const [name, stored] of Object.entries(grads)) {
    const found = await weights.viewLike(flat, name).data();
    expectOracle(found, stored, toleranceOf(errors.grads[name]!, stored), `gradient of ${name}`);
  }

  const data = { training: samples, validation: samples, batchSize: samples.count };
  const trainer = new Trainer({ weights, objective, ...data, learningRate: lr, seed: 0 });
  for (const [step, expected] of losses.entries()) {
    if (step === 3) {
      for (const [name, stored] of Object.entries(after3))
        expectOracle(
          await weights.get(name).data(),
          stored,
          toleranceOf(errors.after3[name]!, stored),
          `${name} after step 3`,
        );
    }
    const { loss } = (await trainer.trainEpoch())!;
    // Ten times the error of PyTorch's own float32, but at least a few units in float32's last place.
    const tolerance = Math.max(10 * errors.losses[step]!, 1e-6 * expected);
    expect(Math.abs(loss! - expected), `loss of step ${step + 1}`).toBeLessThanOrEqual(tolerance);
  }
  return weights;
}

describe('PyTorch’s results for', () => {
  test('a U-Net with batches of images and masks', async () => {
    await checkTraining(oracles.unet, unet, segmentation);
  });

  test('a conditional autoencoder with labels for encoder and decoder', async () => {
    await checkTraining(oracles.cvae, cvae, variational);
  });
});

describe('a model with several parts', () => {
  test('has one summary', () => {
    // Kernels and biases: 3·3·2·4 + 4, 3·3·4·6 + 6, 3·3·6·4 + 4, 3·3·8·2 + 2. Half of batch normalisation's 4·4 weights
    // are not trained.
    expect(summary(unet)).toBe(
      [
        'Model: unet',
        '____________________________________________________________________________',
        'Layer (type)                                     Output shape        Param #',
        '============================================================================',
        'first.conv2d (Conv2D)                            (None, 6, 6, 4)          76',
        'first.leaky_re_lu (LeakyReLU)                    (None, 6, 6, 4)           0',
        'first.batch_normalization (BatchNormalization)   (None, 6, 6, 4)          16',
        'down.conv2d (Conv2D)                             (None, 3, 3, 6)         222',
        'down.leaky_re_lu (LeakyReLU)                     (None, 3, 3, 6)           0',
        'up.conv2d_transpose (Conv2DTranspose)            (None, 6, 6, 4)         220',
        'up.leaky_re_lu (LeakyReLU)                       (None, 6, 6, 4)           0',
        'last.conv2d (Conv2D)                             (None, 6, 6, 2)         146',
        '============================================================================',
        'Total params: 680',
        'Trainable params: 672',
        'Non-trainable params: 8',
        '____________________________________________________________________________',
      ].join('\n'),
    );
  });

  test('is saved as one checkpoint: a model that loads it computes the same', async () => {
    const [saved, loaded] = [new Weights(device, [unet], 1), new Weights(device, [unetOf()], 2)];
    loaded.write(readSafetensors(writeSafetensors(await saved.read(), {}), 'unet.safetensors').tensors, 'a file');
    const images = given(oracles.unet.inputs.images!);
    const [before, after] = [saved, loaded].map((weights) =>
      unet.apply(images, (name) => weights.get(name), { training: false }),
    );
    expect(await after!.data()).toEqual(await before!.data());
  });

  test('can share parts with another model, and with its own parts used separately', () => {
    const both = new Weights(device, [cvae, new Model('sampler', [decoder], decoder.apply), encoder], 0);
    expect(both.names).toEqual(new Weights(device, [cvae], 0).names);
  });

  test('refuses two parts with the same name', () => {
    const twins = [2, 3].map((units) => new Sequential('part', [units], [dense(2)]));
    expect(() => new Model('twins', twins, () => {})).toThrow("Two models have a weight 'part.dense.kernel'");
  });

  test('gives its layers random numbers, different ones in each part', async () => {
    const parts = ['a', 'b'].map((name) => new Sequential(name, [64], [dropout(0.5)]));
    const model = new Model('both', parts, (x: Tensor, weights, pass) =>
      concat(
        parts.map((part) => part.apply(x, weights, pass)),
        -1,
      ),
    );
    const draws = randomDraws(device, { seed: device.integers(1), step: device.integers(0) }, { training: true });
    const x = device.tensor(new Float32Array(64).fill(1), [1, 64]);
    const both = await model.apply(x, () => x, { training: true, ...draws }).data();
    expect(new Set(both)).toEqual(new Set([0, 2]));
    expect(both.slice(0, 64)).not.toEqual(both.slice(64));
  });
});

describe('batches of several tensors', () => {
  const COUNT = 23;
  const numbers = (columns: number) =>
    device.tensor(
      Float32Array.from({ length: COUNT * columns }, (_, i) => Math.sin(3 * i)),
      [COUNT, columns],
    );
  const network = new Sequential('network', [3], [dense(4), silu(), dense(2)]);
  const recipe = { batchSize: 5, learningRate: 0.01, seed: 4 };

  /**
   * Trainers on the same pairs, as one tensor with five columns or as two tensors. The noise would reveal a different
   * order.
   */
  const trainers = () => {
    const joined = numbers(5);
    const [inputs, targets] = [joined.slice([0, 0], [COUNT, 3]), joined.slice([0, 3], [COUNT, 5])];
    const objective = (x: Tensor, y: Tensor, context: Parameters<Objective>[1]) => ({
      loss: squaredErrors(network.apply(x.add(context.normal(x.shape)), context.weights, context), y),
    });
    const [one, two] = [shuffledRows(joined), shuffledRows({ inputs, targets })];
    const weights = [0, 1].map(() => new Weights(device, [network], 0)) as [Weights, Weights];
    const single = new Trainer({
      ...recipe,
      weights: weights[0],
      training: one,
      validation: one,
      objective: (x, context) =>
        objective(x.slice([0, 0], [x.shape[0]!, 3]), x.slice([0, 3], [x.shape[0]!, 5]), context),
    });
    const several = new Trainer({
      ...recipe,
      weights: weights[1],
      training: two,
      validation: two,
      objective: ({ inputs, targets }, context) => objective(inputs, targets, context),
    });
    return { single, several, weights };
  };

  test('train, evaluate and resume like batches of one: samples stay together, and the last batch is smaller', async () => {
    const { single, several, weights } = trainers();
    for (const trainer of [single, several]) {
      await trainer.trainEpoch();
      let steps = 0;
      expect(await trainer.trainEpoch({ pause: () => steps++ === 2 })).toBeUndefined();
    }
    const resumed = trainers();
    const bytes = encodeCheckpoint(await several.snapshot(), {});
    resumed.several.restore(decodeCheckpoint(bytes, 'checkpoint').snapshot, 'checkpoint');
    // The gathering kernels do no arithmetic, so all bits are the same.
    const metrics = [await single.trainEpoch(), await single.evaluate()];
    expect([await resumed.several.trainEpoch(), await resumed.several.evaluate()]).toEqual(metrics);
    expect(await resumed.weights[1].read()).toEqual(await weights[0].read());
  });

  test('with different numbers of samples throw with all shapes', async () => {
    const [a, b] = [numbers(3), device.zeros([4, 2])];
    expect(() => shuffledRows({ a, b })).toThrow('same number of samples, not a [23, 3], b [4, 2]');
    const source = { count: 4, batch: () => ({ a, b }) };
    const weights = new Weights(device, [network], 0);
    const trainer = new Trainer({
      ...recipe,
      weights,
      training: source,
      validation: source,
      objective: ({ b }) => ({ loss: b }),
    });
    await expect(trainer.trainEpoch()).rejects.toThrow('same number of samples, not a [23, 3], b [4, 2]');
  });
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
