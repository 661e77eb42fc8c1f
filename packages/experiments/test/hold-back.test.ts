import { proceduralCartoons, proceduralEcg, proceduralFashion } from '@hourglass/datasets';
import { sizeOf } from '@hourglass/tensor';
import { expect, test } from 'vitest';
import {
  allRows,
  beatData,
  type ExperimentData,
  holdBack,
  imageData,
  NORMAL,
  type Samples,
  streamedData,
} from '../src/index.ts';

/** The samples as text, in ascending order. */
async function contentOf(...sets: Samples[]): Promise<string[]> {
  const samples: string[] = [];
  for (const set of sets) {
    const rows = await allRows(set);
    const size = sizeOf(set.shape);
    for (let i = 0; i < set.count; i++)
      samples.push(`${set.labels[i]} ${rows.subarray(i * size, (i + 1) * size).join()}`);
  }
  return samples.sort();
}

const DATA: readonly (readonly [name: string, data: () => ExperimentData])[] = [
  ['stored images', () => imageData(proceduralFashion({ train: 40, test: 3 }))],
  ['streamed images', () => streamedData(proceduralCartoons({ imageSize: 16, train: 23, test: 3 }))],
];
test.each(DATA)('%s are divided: each sample is in one part, with its label', async (_, make) => {
  const data = make();
  const { train, validation, test } = holdBack(data, 0.25);
  expect(validation!.count).toBe(Math.round(0.25 * data.train.count));
  expect(await contentOf(train, validation!)).toEqual(await contentOf(data.train));
  expect(test).toBe(data.test);
});

test('the choice is random: neither the first nor the last samples', async () => {
  const data = imageData(proceduralFashion({ train: 40, test: 3 }));
  const held = await contentOf(holdBack(data, 0.25).validation!);
  const { train } = data;
  for (const start of [0, 30]) {
    const rows = (train as Extract<Samples, { rows: unknown }>).rows.slice(start * 784, (start + 10) * 784);
    const own = { ...train, count: 10, rows, labels: train.labels.slice(start, start + 10) };
    expect(held).not.toEqual(await contentOf(own));
  }
});

test('beats are held back from the whole training split, and only normal ones train', async () => {
  const data = beatData(proceduralEcg({ count: 200 }));
  const { train, trainSplit, validation } = holdBack(data, 0.3);
  expect(await contentOf(trainSplit!, validation!)).toEqual(await contentOf(data.trainSplit!));
  expect([...train.labels].every((label) => label === NORMAL)).toBe(true);
  expect(train.count).toBe([...trainSplit!.labels].filter((label) => label === NORMAL).length);
  expect([...validation!.labels].some((label) => label !== NORMAL)).toBe(true);
});
