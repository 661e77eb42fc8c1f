import { proceduralEcg } from '@hourglass/datasets';
import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { allRows, beatData, EXPERIMENTS, NORMAL, Run } from '../src/index.ts';

test('validation reports the loss of all beats and of only the normal beats', async () => {
  const ecg = EXPERIMENTS.get('ecg')!;
  const data = beatData(proceduralEcg());
  const settings = { preset: 'report', epochs: 1, batchSize: 64, learningRate: 1e-3, latent: 8, seed: 0 } as const;
  const run = new Run(await openDevice(), ecg, data, settings);
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
