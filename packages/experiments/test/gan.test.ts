import { proceduralFashion } from '@hourglass/datasets';
import { decodeCheckpoint, type Objective, Trainer, Weights } from '@hourglass/nn';
import type { Device } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { expectOracle, type Fingerprint, load, make, type Spec, toleranceOf } from '@hourglass/testing/oracle';
import { beforeAll, describe, expect, test } from 'vitest';
import { adversarialWarning, diversity } from '../src/adversarial.ts';
import type { FigureSource } from '../src/figure-source.ts';
import {
  cartoonAdversarial,
  fashionAdversarial as fashionGan,
  fashionVariationalAdversarial as fashionVaeGan,
} from '../src/gan.ts';
import { allRows, imageData, networksOf, Run } from '../src/index.ts';
import { discriminatorOf } from '../src/model.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

type Group = Readonly<Record<string, Fingerprint>>;
type Errors = Readonly<Record<string, [number, number]>>;

interface Oracle {
  readonly lr: number;
  readonly beta1: number;
  readonly inputs: { readonly x: Spec; readonly z: Spec };
  readonly params: Readonly<Record<string, Spec>>;
  readonly losses: { readonly discriminator: readonly number[]; readonly generator: readonly number[] };
  readonly grads: Group;
  readonly after3: Group;
  readonly errors: { readonly grads: Errors; readonly after3: Errors };
}

test.each([
  ['gan', fashionGan],
  ['vae-gan', fashionVaeGan],
  ['cartoon-gan', cartoonAdversarial],
] as const)('three rounds of both players match PyTorch: %s', async (name, gan) => {
  const oracle = await load<Oracle>(name);
  const model = gan.build({ latent: oracle.inputs.z.shape[1]!, size: oracle.inputs.x.shape[1]! });
  const [x, z] = [oracle.inputs.x, oracle.inputs.z].map((spec) => device.tensor(make(spec), spec.shape));
  const judging = discriminatorOf(model);
  const discriminator = new Weights(device, [judging], 0);
  const generator = new Weights(
    device,
    networksOf(model).filter((network) => network !== judging),
    0,
  );
  for (const weights of [generator, discriminator])
    for (const name of weights.trainableNames) {
      expect(weights.get(name).shape, name).toEqual(oracle.params[name]!.shape);
      weights.get(name).write(make(oracle.params[name]!));
    }
  const withCodes =
    (objective: Objective): Objective =>
    (batch, context) =>
      objective(batch, { ...context, normal: () => z! });
  const whole = { count: x!.shape[0]!, batch: () => x! };
  const { opponent, objective, optimizer } = gan;
  const { objective: discriminate, ...named } = opponent!(model);
  const trainer = new Trainer({
    ...{ weights: generator, objective: withCodes(objective(model)), optimizer: optimizer! },
    opponent: { ...named, weights: discriminator, objective: withCodes(discriminate) },
    ...{ training: whole, validation: whole, batchSize: whole.count, learningRate: oracle.lr, seed: 0 },
  });

  for (let round = 0; round < 3; round++) {
    const { loss, discriminatorLoss } = (await trainer.trainEpoch())!;
    const expected = { generator: oracle.losses.generator[round]!, discriminator: oracle.losses.discriminator[round]! };
    // A few units in float32's last place, and the drift of weights that Adam moves by rounding noise.
    expect(Math.abs(loss! / expected.generator - 1), `generator, round ${round + 1}`).toBeLessThan(1e-5);
    expect(Math.abs(discriminatorLoss! / expected.discriminator - 1), `discriminator, ${round + 1}`).toBeLessThan(1e-5);
    if (round > 0) continue;
    // The first moment is then (1 - beta1) times the gradient.
    const { tensors } = await trainer.snapshot();
    for (const [weight, stored] of Object.entries(oracle.grads)) {
      const gradient = tensors.get(`adam.m.${weight}`)!.data.map((moment) => moment / (1 - oracle.beta1));
      expectOracle(gradient, stored, toleranceOf(oracle.errors.grads[weight]!, stored), `gradient of ${weight}`);
    }
  }
  const { tensors } = await trainer.snapshot();
  for (const [weight, stored] of Object.entries(oracle.after3))
    expectOracle(tensors.get(weight)!.data, stored, toleranceOf(oracle.errors.after3[weight]!, stored), weight);
});

test('a VAE-GAN’s moving averages are those of random codes, not of encoded images', async () => {
  const data = imageData(proceduralFashion({ train: 4, test: 4 }));
  const run = new Run(device, fashionVaeGan, data, {
    ...{ preset: 'report', epochs: 1, batchSize: 4, learningRate: 0, latent: 3, seed: 0 },
  });
  const { tensors } = await run.trainer.snapshot();
  tensors.get('encoder.dense.bias')!.data.fill(1e6); // the means of all codes
  run.startFrom([{ name: 'far codes', tensors }]);
  await run.trainer.trainEpoch();
  const { data: means } = (await run.trainer.snapshot()).tensors.get('decoder.batch_normalization.moving_mean')!;
  expect(Math.max(...means.map(Math.abs))).toBeGreaterThan(0);
  // One step moves them by a hundredth: far below 1 for random codes, and by thousands for the encoder's.
  expect(Math.max(...means.map(Math.abs))).toBeLessThan(1);
});

test('cartoon-gan takes and draws 64x64 and 128x128 images', () => {
  for (const size of cartoonAdversarial.imageSizes!) {
    const { encoder, decoder } = cartoonAdversarial.build({ latent: 5, size });
    expect([encoder.inputShape, encoder.outputShape]).toEqual([[size, size, 3], [1]]);
    expect([decoder.inputShape, decoder.outputShape]).toEqual([[5], [size, size, 3]]);
  }
});

describe('a run', () => {
  const data = imageData(proceduralFashion({ train: 8, test: 8 }));
  const settings = { preset: 'report', epochs: 2, batchSize: 4, learningRate: 2e-4, latent: 3, seed: 0 } as const;

  test.each([fashionGan, fashionVaeGan])('$id resumes with the same bits, and draws fixed codes', async (gan) => {
    const run = new Run(device, gan, data, settings);
    await run.trainer.trainEpoch();
    const checkpoint = await run.checkpoint();
    await run.trainer.trainEpoch();
    const otherSeed = new Run(device, gan, data, { ...settings, seed: 1 });
    otherSeed.restore(decodeCheckpoint(checkpoint, 'a file').snapshot, 'a file');
    const resumed = new Run(device, gan, data, settings);
    resumed.restore(decodeCheckpoint(checkpoint, 'a file').snapshot, 'a file');
    await resumed.trainer.trainEpoch();
    expect(await resumed.checkpoint()).toEqual(await run.checkpoint());
    expect(await resumed.validate()).toEqual(await run.validate());
    const [figure, same] = [await run.progressFigure(2, {}), await resumed.progressFigure(2, {})];
    expect(figure.svg).toBe(same.svg);
    expect(figure.svg.match(/<image /g)).toHaveLength(25);
    expect((await otherSeed.progressFigure(2, {})).svg).not.toBe(figure.svg); // another seed shows other codes

    const fresh = new Run(device, gan, data, settings);
    const { tensors } = decodeCheckpoint(checkpoint, 'a file').snapshot;
    fresh.startFrom([{ name: 'a file', tensors }]);
    const own = (await fresh.trainer.snapshot()).tensors;
    for (const [name, { data }] of own)
      if (!name.startsWith('adam.')) expect(data, name).toEqual(tensors.get(name)!.data);
  });

  test('training can’t start from files without the discriminator, and then keeps its weights', async () => {
    const run = new Run(device, fashionVaeGan, data, settings);
    const before = await run.checkpoint();
    const { tensors } = await run.trainer.snapshot();
    const zeroed = [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.map(() => 0) }] as const);
    const halves = new Map(zeroed.filter(([name]) => !name.startsWith('discriminator.')));
    expect(() => run.startFrom([{ name: 'a file', tensors: halves }])).toThrow(
      'a file: no weights for the discriminator. Also give the file that has them.',
    );
    expect(await run.checkpoint()).toEqual(before);
    const damaged = new Map(zeroed.filter(([name]) => name !== 'discriminator.dense.bias'));
    expect(() => run.startFrom([{ name: 'a file', tensors: damaged }])).toThrow('there is no discriminator.dense.bias');
  });

  test('both networks begin with their own numbers', async () => {
    const { tensors } = await new Run(device, fashionGan, data, settings).trainer.snapshot();
    const signsOf = (network: string): number[] => {
      const [, kernel] = [...tensors].find(([name]) => name.startsWith(`${network}.`) && name.endsWith('.kernel'))!;
      return [...kernel.data.subarray(0, 200)].map(Math.sign);
    };
    // Equal random numbers would give equal signs, whatever the spread of the weights.
    expect(signsOf('generator')).not.toEqual(signsOf('discriminator'));
  });

  test('diversity is the variance of generated images relative to that of the test images', async () => {
    const { count } = data.test;
    const real = await allRows(data.test);
    const diversityOf = (rows: Float32Array): Promise<number> =>
      diversity({ trained: { latent: 2, seed: 0, decode: async () => rows }, data } as unknown as FigureSource);
    expect(await diversityOf(real)).toBe(1);
    expect(await diversityOf(real.map((value) => value / 2))).toBe(0.25); // halving is exact
    expect(await diversityOf(real.map((_, i) => real[i % (real.length / count)]!))).toBeLessThan(1e-20);
  });
});

test('an epoch that ends badly is reported', () => {
  expect(adversarialWarning({ discriminatorLoss: 1 }, { diversity: 0.9 })).toBeUndefined();
  expect(adversarialWarning({ discriminatorLoss: 1 }, { diversity: 0.1 })).toMatch(/vary by 10 % .* mode collapse/);
  expect(adversarialWarning({ discriminatorLoss: 0.01 }, { diversity: 0.9 })).toMatch(/nearly every image .*0\.010/);
});
