import { proceduralCartoons } from '@hourglass/datasets';
import type { BatchSource } from '@hourglass/nn';
import type { Device } from '@hourglass/tensor';
import { beforeAll, expect, test } from 'vitest';
import { openDevice } from '../../tensor/test/device.ts';
import { allRows, firstSamples, rowsAt, type Samples, streamedData } from '../src/index.ts';
import { batchesOf } from '../src/samples.ts';

const SIZE = 16;
const COUNT = 11;

let device: Device;
let streamed: Samples;
let stored: Samples;
beforeAll(async () => {
  device = await openDevice();
  const images = proceduralCartoons({ size: SIZE, train: COUNT, test: 1 });
  streamed = streamedData(images).train;
  const all = Array.from({ length: COUNT }, (_, i) => i);
  const { count, shape, labels } = streamed;
  stored = { count, shape, labels, rows: await images.train.read(all) };
});

/** The batches of an epoch, one after the other, as the trainer gets them. */
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

test('images that are streamed come in the same batches as those that lie on the GPU', async () => {
  for (const limit of [undefined, 6]) {
    for (const epoch of [0, 1]) {
      const expected = await epochOf(batchesOf(device, stored, limit), epoch);
      expect(expected).toHaveLength((limit ?? COUNT) * SIZE * SIZE * 3);
      expect(await epochOf(batchesOf(device, streamed, limit), epoch)).toEqual(expected);
    }
  }
});

test('too few images for both splits are told', () =>
  expect(() => streamedData(proceduralCartoons({ size: SIZE, train: 9, test: 0 }))).toThrow(/Of 9 images none .*test/));

test('a row that is not there is none', async () => {
  for (const samples of [streamed, stored])
    for (const index of [-1, COUNT]) await expect(rowsAt(samples, [0, index])).rejects.toThrow(RangeError);
});

test('rows are the same numbers from 0 to 1 either way', async () => {
  expect(await rowsAt(streamed, [7, 0, 7])).toEqual(await rowsAt(stored, [7, 0, 7]));
  const [first, alike] = [firstSamples(streamed, 2), firstSamples(stored, 2)];
  const rows = await allRows(first);
  expect(await allRows(alike)).toEqual(rows);
  expect([first.count, rows.length]).toEqual([2, 2 * SIZE * SIZE * 3]);
  expect(Math.max(...rows)).toBe(1); // on white
  expect(firstSamples(stored, 100).count).toBe(COUNT);
});
