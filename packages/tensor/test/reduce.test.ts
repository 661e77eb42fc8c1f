import { openDevice } from '@hourglass/testing/device';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axesOf, runs, shape } from './arbitraries.ts';
import { checkOperation, numbers, upload } from './check.ts';
import { all, elementwise, mean, sum } from './reference.ts';

// The tiles differ between kinds of adapter; the numbers must not.
const devices = { software: await openDevice('software'), hardware: await openDevice('hardware') };

describe.each(['software', 'hardware'] as const)('with the tiles of %s', (kind) => {
  const device = devices[kind];

  test('sum and mean over any dimensions', async () => {
    const cases = shape(1).chain((dims) =>
      fc.record({ dims: fc.constant(dims), axes: axesOf(dims), keepDims: fc.boolean(), average: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ dims, axes, keepDims, average }) => {
        const [of, reference] = average ? (['mean', mean] as const) : (['sum', sum] as const);
        return checkOperation(
          device,
          [numbers(dims, 1)],
          (x) => x!.square()[of](axes, { keepDims }),
          (x) =>
            reference(
              elementwise((a) => a * a, x!),
              axes,
              keepDims,
            ),
        );
      }),
      runs(20),
    );
  });

  test('by default all dimensions are reduced; negative ones count from the end', async () => {
    const x = numbers([2, 3, 4], 1);
    await checkOperation(
      device,
      [x],
      (t) => t!.sum(),
      (v) => sum(v!, all(v!)),
    );
    await checkOperation(
      device,
      [x],
      (t) => t!.mean(-2),
      (v) => mean(v!, [1]),
    );
    await checkOperation(
      device,
      [numbers([], 1)],
      (t) => t!.sum(),
      (v) => sum(v!, []),
    );
  });

  // Long enough that several lanes add the terms of one result, and a second kernel adds their sums.
  test.each([
    { dims: [5000], axes: [0] },
    { dims: [3, 999, 7], axes: [1] },
    { dims: [700, 8], axes: [0] },
    { dims: [2, 40, 30, 4], axes: [0, 1, 2] },
    { dims: [4, 640], axes: [1] },
    { dims: [6, 3000, 12], axes: [1] },
    { dims: [9000, 5], axes: [0] },
  ])('a long sum of $dims over $axes', async ({ dims, axes }) => {
    const x = numbers(dims, 1);
    const terms = axes.reduce((n, d) => n * dims[d]!, 1);
    const total = upload(device, x).sum(axes);
    const expected = sum(x, axes);
    const actual = await total.data();
    // The terms are up to 1. Adding in parts keeps the error of the sum near that of one rounding per term, added at
    // random.
    for (const [i, e] of expected.data.entries())
      expect(Math.abs(actual[i]! - e)).toBeLessThan(1e-6 * Math.sqrt(terms));
  });

  test('the gradient of a long sum reaches every term', () =>
    checkOperation(
      device,
      [numbers([600, 2], 1)],
      (x) => x!.mul(3).sum(0),
      (x) =>
        sum(
          elementwise((a) => 3 * a, x!),
          [0],
        ),
      (dy) => [{ shape: [600, 2], data: Float64Array.from({ length: 1200 }, (_, i) => 3 * dy[i % 2]!) }],
    ));

  // The relative errors of torch 1.13 for the same sums in float32. The bound is four times these, and at least two
  // roundings.
  test.each([
    { dims: [4_000_000], axes: [0], torch: 1.7e-7 },
    { dims: [100_000, 8], axes: [0], torch: 8.3e-8 },
    { dims: [8, 100_000], axes: [1], torch: 8.3e-8 },
    { dims: [50, 3000, 20], axes: [1], torch: 1.9e-7 },
  ])('a sum of $dims equal numbers over $axes does not drift', async ({ dims, axes, torch }) => {
    const value = Math.fround(0.1);
    const terms = axes.reduce((n, d) => n * dims[d]!, 1);
    const x = device.tensor(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value), dims);
    const errors = [...(await x.sum(axes).data())].map((sum) => Math.abs(sum / (terms * value) - 1));
    expect(Math.max(...errors)).toBeLessThanOrEqual(Math.max(4 * torch, 2 * 2 ** -24));
  });

  test('infinities and NaN survive a long sum', async () => {
    const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
    const sumWith = async (...special: number[]): Promise<number> => {
      const values = new Float32Array(5000).fill(1);
      for (const [i, value] of special.entries()) values[1000 * (i + 1)] = value;
      return device.tensor(values).sum().item();
    };
    expect(await sumWith(infinite)).toBe(infinite);
    expect(await sumWith(-infinite, -infinite)).toBe(-infinite);
    expect(await sumWith(infinite, -infinite)).toBe(none);
    expect(await sumWith(none)).toBe(none);
    expect(await sumWith(3e38, 3e38)).toBe(infinite);
    expect(await device.tensor([infinite, 1, 2]).sum().item()).toBe(infinite);
  });
});
