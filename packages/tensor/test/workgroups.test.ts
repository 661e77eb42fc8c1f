import { openDevice, TILE_KINDS } from '@hourglass/testing/device';
import { describe, expect, test } from 'vitest';
import { grad } from '../src/index.ts';

// A dispatch has at most 65 535 workgroups along a dimension. Each size is the smallest whose product needs more, for
// some tile.
describe.each(TILE_KINDS)(
  'more workgroups along a dimension than a dispatch allows, with the tiles of %s',
  async (kind) => {
    const device = await openDevice(kind);
    /** 0, 1, … 6, 0, 1, …: sums of a few are exact. */
    const counted = (size: number, shape: number[]) =>
      device.tensor(
        Float32Array.from({ length: size }, (_, i) => i % 7),
        shape,
      );

    test.each([524_281, 1_048_561, 2_097_121])('a product of %i columns', async (columns) => {
      const values = await device
        .tensor([[2], [3]])
        .matmul(counted(columns, [1, columns]))
        .data();
      const wrong = values.findIndex((value, i) => value !== (i < columns ? 2 : 3) * ((i % columns) % 7));
      expect([values.length, wrong]).toEqual([2 * columns, -1]);
    });

    test.each([524_281, 2_097_124])('the gradient of the weights of %i inputs', async (inputs) => {
      const w = device.variable(new Float32Array(inputs), [inputs, 1]);
      const loss = counted(2 * inputs, [2, inputs])
        .matmul(w)
        .sum();
      const values = await grad(loss, [w])[0].data();
      const wrong = values.findIndex((value, i) => value !== (i % 7) + ((inputs + i) % 7));
      expect([values.length, wrong]).toEqual([inputs, -1]);
    });

    test('a transposed convolution with a stride of 256', async () => {
      const kernel = device.tensor([1, 2, 3, 4], [2, 2, 1, 1]);
      const y = device.tensor([5, 6], [1, 1, 2, 1]).conv2dTranspose(kernel, { stride: 256, padding: 'valid' });
      expect(y.shape).toEqual([1, 256, 512, 1]);
      const values = await y.data();
      const found = [...values.entries()].filter(([, value]) => value !== 0);
      const expected = [5, 6].flatMap((x, i) => [0, 1, 512, 513].map((at, k) => [256 * i + at, x * (k + 1)]));
      expect(found).toEqual(expected.sort(([a], [b]) => a! - b!));
    });

    // There are no more phases of the stride than pixels.
    test('the gradient of a convolution with a stride far beyond its image', async () => {
      const x = device.variable([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
      const y = x.conv2d(device.tensor([1, 2, 3, 4], [2, 2, 1, 1]), { stride: 100_000, padding: 'valid' });
      expect([...(await grad(y.sum(), [x])[0].data())]).toEqual([1, 2, 0, 3, 4, 0]);
    });
  },
);
