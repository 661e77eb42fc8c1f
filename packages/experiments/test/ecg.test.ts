import { proceduralEcg } from '@hourglass/datasets';
import { readSafetensors } from '@hourglass/nn';
import type { Device } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { allRows, beatData, calibrationOf, EXPERIMENTS, evaluate, fitWeights, NORMAL, Run } from '../src/index.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

test('validation reports the loss of all beats and of only the normal beats', async () => {
  const ecg = EXPERIMENTS.get('ecg')!;
  const data = beatData(proceduralEcg());
  const settings = { preset: 'report', epochs: 1, batchSize: 64, learningRate: 1e-3, latent: 8, seed: 0 } as const;
  const run = new Run(device, ecg, data, settings);
  const { loss, normalLoss } = await run.validate();

  const { labels, shape } = data.test;
  const [length] = shape as [number];
  const rows = await allRows(data.test);
  const reconstructions = await run.trained.reconstruct(rows);
  const meanOf = (indices: readonly number[]): number => {
    let sum = 0;
    for (const i of indices)
      for (let t = i * length; t < (i + 1) * length; t++) sum += Math.abs(rows[t]! - reconstructions[t]!);
    return sum / (indices.length * length);
  };
  const all = [...labels.keys()];
  const normal = all.filter((i) => labels[i] === NORMAL);
  expect(normal.length).toBeLessThan(all.length);
  // float32 sums on the GPU
  expect(Math.abs(loss! / meanOf(all) - 1)).toBeLessThan(1e-5);
  expect(Math.abs(normalLoss! / meanOf(normal) - 1)).toBeLessThan(1e-5);
});

test('the better recipe scores by squared errors, in the stored threshold and in an evaluation of its weights', async () => {
  const ecg = EXPERIMENTS.get('ecg')!;
  const data = beatData(proceduralEcg());
  const { deviations, ...best } = ecg.presets.best!;
  const run = new Run(device, ecg, data, { ...best, preset: 'best', validation: 0, latent: 8, seed: 0 });
  const bytes = await run.checkpoint();
  const fitted = fitWeights(ecg, [{ name: 'a run', ...readSafetensors(bytes, 'a run') }]);

  const rootsOf = async (rows: Float32Array): Promise<number[]> => {
    const reconstructions = await run.trained.reconstruct(rows);
    const squares = rows.map((value, i) => (value - reconstructions[i]!) ** 2);
    return Array.from({ length: rows.length / 140 }, (_, i) =>
      Math.sqrt(squares.subarray(i * 140, (i + 1) * 140).reduce((sum, square) => sum + square, 0) / 140),
    );
  };
  const roots = await rootsOf(await allRows(data.train));
  const mean = roots.reduce((sum, root) => sum + root, 0) / roots.length;
  const variance = roots.reduce((sum, root) => sum + (root - mean) ** 2, 0) / roots.length;
  const { threshold } = calibrationOf(fitted)!;
  // float32 sums on the GPU
  expect(Math.abs(threshold / (mean + deviations! * Math.sqrt(variance)) - 1)).toBeLessThan(1e-5);

  const { metrics } = await evaluate(device, ecg, fitted, data, { split: 'test', seed: 0 });
  const judged = await rootsOf(await allRows(data.test));
  const right = judged.filter((root, i) => root <= threshold === (data.test.labels[i] === NORMAL)).length;
  expect(metrics.accuracy).toBe(right / judged.length);
});
