import { openDevice } from '@hourglass/testing/device';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gatherRows, grad } from '../src/index.ts';
import { axesOf, runs, shape } from './arbitraries.ts';
import { checkOperation, numbers, upload } from './check.ts';
import { reduced, type Values } from './reference.ts';

// The tiles differ between kinds of adapter; the numbers must not.
const devices = { software: await openDevice('software'), hardware: await openDevice('hardware') };
const { NaN: none, POSITIVE_INFINITY: infinite } = Number;

const indices = async (found: { data(): Promise<Float32Array> }): Promise<number[]> => [
  ...new Uint32Array((await found.data()).buffer),
];

const EXTREMES = { max: Math.max, min: Math.min };

describe.each(['software', 'hardware'] as const)('with the tiles of %s', (kind) => {
  const device = devices[kind];

  test('max and min over any dimensions', async () => {
    const cases = shape(1).chain((dims) =>
      fc.record({
        dims: fc.constant(dims),
        axes: axesOf(dims),
        keepDims: fc.boolean(),
        of: fc.constantFrom('max', 'min'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ dims, axes, keepDims, of }) =>
        checkOperation(
          device,
          [numbers(dims, 1)],
          (x) => x!.mul(2)[of as 'max'](axes, { keepDims }),
          (x) => reduced((values) => 2 * EXTREMES[of as 'max'](...values), x!, axes, keepDims),
        ),
      ),
      runs(20),
    );
  });

  test.each([
    { dims: [5000], axes: [0] },
    { dims: [3, 999, 7], axes: [1] },
    { dims: [700, 8], axes: [0] },
    { dims: [2, 40, 30, 4], axes: [0, 1, 2] },
    { dims: [4, 640], axes: [1] },
  ])('many elements, $dims over $axes', async ({ dims, axes }) => {
    const x = numbers(dims, 1);
    const [largest, smallest] = [upload(device, x).max(axes), upload(device, x).min(axes)];
    await device.evaluate([largest, smallest]);
    const of = (f: (...values: number[]) => number): Float32Array =>
      Float32Array.from(reduced((values) => f(...values), x, axes).data);
    expect(await largest.data()).toEqual(of(Math.max));
    expect(await smallest.data()).toEqual(of(Math.min));
  });

  test('the gradient of a split maximum reaches the one element', async () => {
    const values = numbers([5000], 1).data;
    const x = device.tensor(Float32Array.from(values));
    const [gradient] = grad(x.max().mul(3), [x]);
    const expected = new Float32Array(5000);
    expected[values.indexOf(Math.max(...values))] = 3;
    expect(await gradient.data()).toEqual(expected);
  });
});

const device = devices.software;

// torch.tensor(rows).amax(1) and amin(1), and their gradients for a gradient of 6, 12, …
test('equal extremes share the gradient, as PyTorch’s amax and amin', async () => {
  const x = device.tensor([
    [1, 3, 3, 2],
    [0, -0, -1, -1],
    [infinite, 5, infinite, infinite],
    [1, 1, 1, 1],
  ]);
  const weight = device.tensor([6, 12, 18, 24]);
  const [largest] = grad(x.max(1).mul(weight).sum(), [x]);
  const [smallest] = grad(x.min(1).mul(weight).sum(), [x]);
  expect([...(await largest.data())]).toEqual([0, 3, 3, 0, 6, 6, 0, 0, 6, 0, 6, 6, 6, 6, 6, 6]);
  expect([...(await smallest.data())]).toEqual([6, 0, 0, 0, 0, 0, 6, 6, 0, 18, 0, 0, 6, 6, 6, 6]);
});

// torch.tensor(rows).amax(1): NaN, and NaN for the gradients of its row.
test('an extreme with NaN is NaN, and so is its gradient', async () => {
  const x = device.tensor([
    [none, 1, infinite],
    [-infinite, -infinite, 2],
  ]);
  expect([...(await x.max(1).data())]).toEqual([none, 2]);
  expect([...(await x.min(1).data())]).toEqual([none, -infinite]);
  const [gradient] = grad(x.max(1).sum(), [x]);
  expect([...(await gradient.data())]).toEqual([none, none, none, 0, 0, 1]);
});

test('the gradient of a maximum has a gradient', async () => {
  const x = upload(device, numbers([3, 4], 1));
  const square = (y: Values): Values => reduced((values) => Math.max(...values) ** 2, y, [1]);
  await checkOperation(
    device,
    [numbers([3, 4], 1)],
    (y) => y!.max(1).square(),
    (y) => square(y!),
  );
  const [first] = grad(x.max(1).square().sum(), [x]);
  const [second] = grad(first.square().mul(0.5).sum(), [x]);
  // The gradient of m² is 2m at one element, and that of (2m)² / 2 is 4m there.
  const expected = await first.mul(2).data();
  expect(await second.data()).toEqual(expected);
});

// torch.tensor(...).argmax(dim) and argmin(dim)
test('argMax and argMin give the first index, along any dimension', async () => {
  const x = device.tensor([
    [1, 5, 5, -2],
    [7, 0, -0, -2],
    [1, none, 2, none],
  ]);
  expect(await indices(x.argMax(1))).toEqual([1, 0, 1]);
  expect(await indices(x.argMin(1))).toEqual([3, 3, 1]);
  expect(await indices(x.argMax(0))).toEqual([1, 2, 0, 2]);
  expect(await indices(x.argMin(-2))).toEqual([0, 2, 1, 2]);
  expect(await indices(x.slice([0, 0], [2, 4]).argMax())).toEqual([4]);
  expect(x.argMax().shape).toEqual([]);
  const rows = gatherRows(device.tensor([[10], [20], [30], [40]]), x.argMax(1));
  expect([...(await rows.data())]).toEqual([20, 10, 20]);
  // The host knows only that an index is below 4, so it can't refuse a smaller table.
  const fewer = [gatherRows(device.tensor([[10], [20]]), x.argMax(1)), gatherRows(device.tensor([[10]]), x.argMax(1))];
  expect([...(await fewer[0]!.data())]).toEqual([20, 10, 20]);
  expect([...(await fewer[1]!.data())]).toEqual([Number.NaN, 10, Number.NaN]);
});

test('no gradient flows through an index', async () => {
  const x = device.tensor([1, 5, 2]);
  const chosen = gatherRows(x.reshape([3, 1]), x.argMax(0).reshape([1]));
  expect([...(await grad(chosen.sum(), [x])[0].data())]).toEqual([0, 1, 0]);
});
