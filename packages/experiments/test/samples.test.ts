import { checkIndices, type ImageStream, proceduralCartoons, proceduralEcg } from '@hourglass/datasets';
import type { BatchSource } from '@hourglass/nn';
import type { Device } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { ABNORMAL, allRows, beatData, firstSamples, NORMAL, rowsAt, type Samples, streamedData } from '../src/index.ts';
import { batchesOf, countOf, rowsOf } from '../src/samples.ts';

const SIZE = 16;
const COUNT = 11;

let device: Device;
let streamed: Samples;
let stored: Samples;
beforeAll(async () => {
  device = await openDevice();
  const images = proceduralCartoons({ imageSize: SIZE, train: COUNT, test: 1 });
  streamed = streamedData(images).train;
  const all = Array.from({ length: COUNT }, (_, i) => i);
  const { count, shape, labels } = streamed;
  stored = { count, shape, labels, rows: await images.train.read(all) };
});

/** The batches of an epoch in sequence, as the trainer receives them. */
async function epochOf({ count, batch, fetch }: BatchSource, epoch: number): Promise<number[]> {
  const values: number[] = [];
  const size = 4;
  for (let start = 0; start < count; start += size) {
    const own = Math.min(size, count - start);
    const upload = await fetch?.(own, { seed: 3, epoch, start });
    upload?.();
    const [seed, at] = [device.integers(3), device.integers(start)];
    values.push(...(await batch(own, { seed, epoch: device.integers(epoch), start: at }).data()));
  }
  return values;
}

test('streamed images come in the same batches as images stored on the GPU', async () => {
  for (const epoch of [0, 1]) {
    const expected = await epochOf(batchesOf(device, stored), epoch);
    expect(expected).toHaveLength(COUNT * SIZE * SIZE * 3);
    expect(await epochOf(batchesOf(device, streamed), epoch)).toEqual(expected);
  }
});

test('the repeats of series are moved in time, by the longest shift at most', async () => {
  // One series of four instants with two channels.
  const rows = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40);
  const series: Samples = { count: 1, shape: [4, 2], labels: new Uint8Array(1), rows, repeats: 6, longestShift: 2 };
  const values = await epochOf(batchesOf(device, series), 0);
  const repeats = Array.from({ length: 6 }, (_, i) => values.slice(8 * i, 8 * i + 8).join(' '));
  expect(repeats.sort()).toEqual([
    '1 10 1 10 1 10 2 20',
    '1 10 1 10 2 20 3 30',
    '1 10 2 20 3 30 4 40',
    '1 10 2 20 3 30 4 40', // after 0, 1, -1, 2 and -2, the sixth repeat begins again
    '2 20 3 30 4 40 4 40',
    '3 30 4 40 4 40 4 40',
  ]);
});

test('too few images for both splits throw', () =>
  expect(() => streamedData(proceduralCartoons({ imageSize: SIZE, train: 9, test: 0 }))).toThrow(
    /None of the 9 images .*test/,
  ));

test('a row index out of range throws', async () => {
  for (const samples of [streamed, stored])
    for (const index of [-1, COUNT]) await expect(rowsAt(samples, [0, index])).rejects.toThrow(RangeError);
});

test('streamed and stored rows are the same numbers from 0 to 1', async () => {
  expect(await rowsAt(streamed, [7, 0, 7])).toEqual(await rowsAt(stored, [7, 0, 7]));
  const rows = await allRows(streamed);
  expect(await allRows(stored)).toEqual(rows);
  expect(Math.max(...rows)).toBe(1); // the background is white
  const first = await allRows(firstSamples(stored, 2));
  expect(first).toEqual(rows.subarray(0, 2 * SIZE * SIZE * 3));
  expect(firstSamples(stored, 100).count).toBe(COUNT);
});

test('consecutive sets are read as one, from any start', async () => {
  const rows = Float32Array.from({ length: 6 }, (_, i) => i);
  const labels = new Uint8Array();
  const sets = [2, 1, 3].map((count, i): Samples => {
    const start = [0, 2, 3][i]!;
    return { count, shape: [1], labels, rows: rows.slice(start, start + count) };
  });
  expect(countOf(sets)).toBe(6);
  for (let start = 0; start <= 6; start++)
    for (let end = start; end <= 6; end++)
      expect(await rowsOf(sets, start, end - start)).toEqual(rows.slice(start, end));
});

test('only normal beats train, and all are tested', () => {
  const { train, trainSplit, test } = beatData(proceduralEcg({ count: 60 }));
  expect(new Set(train.labels)).toEqual(new Set([NORMAL]));
  expect(train.count).toBe(trainSplit!.labels.filter((label) => label === NORMAL).length);
  for (const { labels } of [trainSplit!, test]) expect(new Set(labels)).toEqual(new Set([NORMAL, ABNORMAL]));
});

test('a limit on a sorted folder of images chooses by the hash of their names', async () => {
  // Images of two classes, one class after the other as in a folder of classes. Each image's only pixel is its class.
  const names = Array.from({ length: 1000 }, (_, i) => `${i < 500 ? 'cat' : 'dog'}${String(i).padStart(4, '0')}.png`);
  const stream: ImageStream = {
    count: 1000,
    names,
    read: async (indices) => {
      checkIndices(indices, 1000);
      return Uint8Array.from(indices, (index) => (index < 500 ? 0 : 255));
    },
  };
  const sorted: Samples = { count: 1000, shape: [1], labels: new Uint8Array(), stream };
  const chosen = firstSamples(sorted, 100) as Samples & { readonly stream: ImageStream };
  const rows = await allRows(chosen);
  const dogs = rows.filter((value) => value === 1).length;
  expect(rows).toHaveLength(100);
  expect(dogs).toBeGreaterThan(30); // 3 standard deviations of a fair draw are 14
  expect(dogs).toBeLessThan(70);
  expect([...rows]).toEqual([...rows].sort());
  const fewer = firstSamples(sorted, 10) as typeof chosen;
  expect(chosen.stream.names).toEqual(expect.arrayContaining([...fewer.stream.names]));
  // A run's results depend on the choice. A few lines of Python with the same hash chose these names.
  expect(fewer.stream.names.slice(0, 3)).toEqual(['cat0161.png', 'cat0222.png', 'cat0306.png']);
  await expect(chosen.stream.read([100])).rejects.toThrow();
  const other = firstSamples(sorted, 100, 1) as typeof chosen;
  // Two independent samples of a tenth share a tenth of their images: 10 of 100, with a standard deviation of 3.
  expect(other.stream.names.filter((name) => chosen.stream.names.includes(name)).length).toBeLessThan(25);
});

test('a limit on one’s own series draws a sample by the seed', async () => {
  const rows = Float32Array.from({ length: 2000 }, (_, i) => i);
  const stored: Samples = { count: 1000, shape: [2], labels: new Uint8Array(1000), rows, sampled: true };
  const drawn = async (seed: number) => [...(await allRows(firstSamples(stored, 100, seed)))];
  const values = await drawn(1);
  for (let i = 0; i < 200; i += 2) expect(values[i + 1]).toBe(values[i]! + 1);
  expect(new Set(values).size).toBe(200);
  expect(Math.max(...values)).toBeGreaterThan(1800);
  expect(await drawn(1)).toEqual(values);
  expect(await drawn(2)).not.toEqual(values);
});
