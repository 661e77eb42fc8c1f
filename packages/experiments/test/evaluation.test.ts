import { proceduralEcg, proceduralFashion } from '@hourglass/datasets';
import { Weights } from '@hourglass/nn';
import { type Device, normalOnHost, uniformOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { calibrationMetadata } from '../src/calibration.ts';
import { evaluate } from '../src/evaluation.ts';
import { allRows, beatData, EXPERIMENTS, fitWeights, imageData, Run, rowsAt, TrainedModel } from '../src/index.ts';

const SEED = 4;
/** float32 sums of a few hundred numbers, and one more on the host. */
const CLOSE = 1e-5;

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const images = imageData(proceduralFashion({ train: 12, test: 10 }));

/** An experiment's model with random weights, and the metrics of its evaluation on the test images. */
async function evaluated(id: string) {
  const experiment = EXPERIMENTS.get(id)!;
  const { encoder, decoder } = experiment.build({ latent: 2 });
  const tensors = await new Weights(device, [encoder, decoder], SEED).read();
  // With its initial weights, the decoder returns nearly the same image for every code.
  for (const [name, { shape, data }] of tensors)
    if (/^decoder.*kernel$/.test(name)) tensors.set(name, { shape, data: data.map((value) => 3 * value) });
  const fitted = fitWeights(experiment, [{ name: id, tensors }]);
  const { metrics, samples } = await evaluate(device, experiment, fitted, images, { split: 'test', seed: SEED });
  expect(samples).toBe(10);
  return { metrics, trained: TrainedModel.from(device, fitted, SEED), rows: await allRows(images.test) };
}

function meanSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => (value - b[i]!) ** 2).reduce((sum, square) => sum + square, 0) / a.length;
}

function expectClose(metrics: Readonly<Record<string, number>>, expected: Readonly<Record<string, number>>): void {
  expect(Object.keys(metrics).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected))
    expect(Math.abs(metrics[name]! / value - 1), `${name}: ${metrics[name]} is not ${value}`).toBeLessThan(CLOSE);
}

test('an autoencoder is evaluated by its squared errors', async () => {
  const { metrics, trained, rows } = await evaluated('fashion');
  expectClose(metrics, { mse: meanSquare(await trained.reconstruct(rows), rows) });
});

test('a denoiser and its noise are evaluated against the clean images', async () => {
  const { metrics, trained, rows } = await evaluated('denoise');
  const noisy = await trained.addNoise(rows);
  const u = uniformOnHost(rows.length, { seed: SEED, stream: 4 });
  expect([...noisy]).toEqual([...rows].map((value, i) => (u[i]! < 0.05 ? 0 : u[i]! > 0.95 ? 1 : value)));
  const mse = meanSquare(await trained.reconstruct(noisy), rows);
  expectClose(metrics, { mse, noisyMse: meanSquare(noisy, rows) });
});

test('a variational autoencoder is evaluated by its loss with z sampled, and by its squared errors with z = mean', async () => {
  const { metrics, trained, rows } = await evaluated('fashion-vae');
  const { both } = await trained.apply(
    ({ encoder }, x, { weights, ...pass }) => ({ both: encoder.apply(x, weights, pass) }),
    rows,
  );
  const [means, logVariances] = [0, 1].map((half) => both.filter((_, i) => (i % 4) >> 1 === half)) as [
    Float32Array,
    Float32Array,
  ];
  expect(await trained.encode(rows)).toEqual(means);
  // Ten samples are padded to a batch of sixteen, and each number is drawn for its position in the batch.
  const epsilon = normalOnHost(means.length, { seed: SEED, stream: 4 });
  const z = means.map((mean, i) => mean + Math.exp(logVariances[i]! / 2) * epsilon[i]!);
  const klOf = (mean: number, i: number): number =>
    -0.5 * (1 + logVariances[i]! - mean ** 2 - Math.exp(logVariances[i]!));
  const reconstructionLoss = 1000 * meanSquare(await trained.decode(z), rows);
  const klLoss = Array.from(means, klOf).reduce((sum, kl) => sum + kl, 0) / 10;
  const mse = meanSquare(await trained.decode(means), rows);
  expect(Math.abs(reconstructionLoss / (1000 * mse) - 1)).toBeGreaterThan(100 * CLOSE); // sampling has a visible effect
  expectClose(metrics, { mse, reconstructionLoss, klLoss, loss: reconstructionLoss + klLoss });
});

test('training validates with the loss that an evaluation reports', async () => {
  const fashion = EXPERIMENTS.get('fashion')!;
  const recipe = { epochs: 1, batchSize: 4, learningRate: 1e-3, latent: 2, seed: SEED };
  const run = new Run(device, fashion, images, { preset: 'report', ...recipe });
  const { loss } = await run.validate();
  const rows = await allRows(images.test);
  expectClose({ loss: loss! }, { loss: meanSquare(await run.trained.reconstruct(rows), rows) });
});

test('a detector uses its stored threshold, or that of the normal training beats, for every split', async () => {
  const experiment = EXPERIMENTS.get('ecg')!;
  const data = beatData(proceduralEcg({ count: 60 }));
  const { encoder, decoder } = experiment.build({ latent: 8 });
  const tensors = await new Weights(device, [encoder, decoder], SEED).read();
  const fitted = fitWeights(experiment, [{ name: 'ecg', tensors }]);
  const trained = TrainedModel.from(device, fitted);
  const errors = [...(await trained.errors(await allRows(data.train)))];
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length);

  const both = [data.trainSplit!, data.test];
  const judged = await Promise.all(both.map(async (samples) => trained.errors(await allRows(samples))));
  const labels = both.flatMap((samples) => [...samples.labels]);
  const right = judged
    .flatMap((part) => [...part])
    .filter((error, i) => error <= mean + deviation === (labels[i] === 1));
  const { metrics, samples } = await evaluate(device, experiment, fitted, data, { split: 'all', seed: 0 });
  expect(samples).toBe(labels.length);
  expect(Math.abs(metrics.threshold! / (mean + deviation) - 1)).toBeLessThan(CLOSE);
  expect(metrics.accuracy).toBe(right.length / labels.length);

  const all = await evaluate(device, experiment, fitted, data, { split: 'train', seed: 0 });
  expect(all.samples).toBe(data.trainSplit!.count);
  expect(all.samples).toBeGreaterThan(data.train.count);
  const calibration = { ...data.range!, threshold: 0.123 };
  const calibrated = { ...fitted, metadata: calibrationMetadata(calibration) };
  const { metrics: own } = await evaluate(device, experiment, calibrated, data, { split: 'test', seed: 0 });
  expect(own.threshold).toBe(0.123);
});

test('a limit that reaches into the second split takes all of the first and the start of the second', async () => {
  const fashion = EXPERIMENTS.get('fashion')!;
  const { encoder, decoder } = fashion.build({ latent: 2 });
  const tensors = await new Weights(device, [encoder, decoder], SEED).read();
  const fitted = fitWeights(fashion, [{ name: 'fashion', tensors }]);
  const heard: number[] = [];
  const { metrics, samples } = await evaluate(device, fashion, fitted, images, {
    ...{ split: 'all', limit: 15, seed: 0 },
    onProgress: (done, total) => void heard.push(done, total),
  });
  expect(samples).toBe(15);
  expect(heard).toEqual([0, 15]);
  const rows = Float32Array.of(...(await allRows(images.train)), ...(await rowsAt(images.test, [0, 1, 2])));
  const trained = TrainedModel.from(device, fitted);
  expectClose(metrics, { mse: meanSquare(await trained.reconstruct(rows), rows) });
});
