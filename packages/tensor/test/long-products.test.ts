import { openDevice, TILE_KINDS } from '@hourglass/testing/device';
import { describe, expect, test } from 'vitest';
import { grad } from '../src/index.ts';
import { numbers } from './check.ts';

// Sums of equal terms lose the most to rounding, because the errors have the same sign for a long time: the error is
// 5.6e-2 for 2.5 million terms added one after the other. The bounds are four times the errors of PyTorch 1.13
// (float32, on a CPU): 2.4e-6 for 10 000 terms of 0.1, and 3.2e-6 for 2.5 million numbers from 0 to 1. For 2.5 million
// terms of 0.1, the error of its convolution's weight gradient is 1.4e-5 and that of its product only 4.8e-8, because
// its errors cancel there; ours must meet the bound of 10 000 terms.
const CASES = [
  { terms: 10_000, rows: 64, columns: 32, of: 'equal numbers', bound: 4 * 2.4e-6 },
  { terms: 2_500_000, rows: 3, columns: 1, of: 'equal numbers', bound: 4 * 2.4e-6 },
  { terms: 2_500_000, rows: 3, columns: 1, of: 'numbers from 0 to 1', bound: 4 * 3.2e-6 },
];

describe.each(TILE_KINDS)('with the tiles of %s', async (kind) => {
  const device = await openDevice(kind);

  // The taps of a window are terms too: kernels walk them one by one.
  test.each([
    { window: [512, 512], channels: 1 },
    { window: [1, 10_000], channels: 1 },
    { window: [1, 3000], channels: 36 },
  ] as const)('a convolution with a window of $window and $channels channels', async ({ window, channels }) => {
    const terms = window[0] * window[1] * channels;
    const image = device.tensor(new Float32Array(terms).fill(0.1), [1, ...window, channels]);
    const kernel = device.tensor(new Float32Array(terms).fill(1), [...window, channels, 1]);
    const sum = await image.conv2d(kernel, { padding: 'valid' }).item();
    // The bound of equal numbers above.
    expect(Math.abs(sum / (terms * Math.fround(0.1)) - 1)).toBeLessThan(4 * 2.4e-6);
  });

  test('a transposed convolution with a window of 3000', async () => {
    const image = device.tensor(new Float32Array(3000).fill(0.1), [1, 1, 3000, 1]);
    const kernel = device.tensor(new Float32Array(3000).fill(1), [1, 3000, 1, 1]);
    // The pixel that sees the whole window, and one that sees half of it.
    const sums = await image.conv2dTranspose(kernel).data();
    expect(Math.abs(Math.max(...sums) / (3000 * Math.fround(0.1)) - 1)).toBeLessThan(4 * 2.4e-6);
    expect(Math.abs(sums[0]! / (1500 * Math.fround(0.1)) - 1)).toBeLessThan(4 * 2.4e-6);
  });

  test.each(CASES)('sums of $terms products of $of', async ({ terms, rows, columns, of, bound }) => {
    const values = (count: number, seed: number, equal: number): Float32Array =>
      of === 'equal numbers'
        ? new Float32Array(count * terms).fill(equal)
        : Float32Array.from(numbers([count * terms], seed, [0, 1]).data);
    // One vector of terms per row, and one per column.
    const [left, right] = [values(rows, 1, 0.1), values(columns, 2, 1)];
    const expected = Float64Array.from({ length: rows * columns }, (_, i) => {
      const [a, b] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let t = 0; t < terms; t++) sum += left[a * terms + t]! * right[b * terms + t]!;
      return sum;
    });
    const worst = (actual: Float32Array): number =>
      actual.reduce((most, value, i) => Math.max(most, Math.abs(value / expected[i]! - 1)), 0);

    const [a, b] = [device.tensor(left, [rows, terms]), device.tensor(right, [columns, terms]).transpose()];
    expect(worst(await a.matmul(b).data()), 'product').toBeLessThan(bound);
    const w = device.variable(new Float32Array(rows * columns), [rows, columns]);
    const [gradient] = grad(a.transpose().matmul(w).mul(b).sum(), [w]);
    expect(worst(await gradient.data()), 'weight gradient').toBeLessThan(bound);
  });
});
