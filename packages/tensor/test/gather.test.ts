import { openDevice } from '@hourglass/testing/device';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gatherRows, grad, shuffledIndices } from '../src/index.ts';
import { runs } from './arbitraries.ts';

const device = await openDevice();

test('rows of bytes become numbers, in the order of the indices', async () => {
  const cases = fc.record({
    row: fc.constantFrom<number[][]>([], [1], [3], [4], [2, 2], [7, 5], [28, 28]),
    bytes: fc.uint8Array({ minLength: 9 * 784, maxLength: 9 * 784 }),
    indices: fc.array(fc.nat(8), { minLength: 1, maxLength: 10 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ row, bytes, indices }) => {
      const size = row.reduce((a, b) => a * b, 1);
      const table = device.bytes(bytes.subarray(0, 9 * size), [9, ...row]);
      const gathered = gatherRows(table, device.integers(indices));
      expect(gathered.shape).toEqual([indices.length, ...row]);
      const expected = indices.flatMap((i) => [...bytes.subarray(i * size, (i + 1) * size)]);
      const halves = gathered.mul(0.5).sub(1); // in the epilogue
      expect([...(await halves.data())]).toEqual(expected.map((byte) => byte / 2 - 1));
      expect([...(await gathered.data())]).toEqual(expected);
    }),
    runs(10),
  );
});

test('bytes may begin anywhere in their buffer', async () => {
  const bytes = Uint8Array.from({ length: 11 }, (_, i) => i * 20).subarray(3, 10);
  const gathered = gatherRows(device.bytes(bytes, [7]), device.integers([6, 0]));
  expect([...(await gathered.data())]).toEqual([180, 60]);
});

test('an index outside the table throws, or gives NaN where the host can’t know it', async () => {
  const table = device.tensor([
    [1, 2],
    [3, 4],
  ]);
  expect(() => gatherRows(table, device.integers([0, 2, 4294967295]))).toThrow(/no row 4294967295 in \[2, 2\]/);
  expect(() => gatherRows(table, device.integers([2]))).toThrow(RangeError);
  expect(() => gatherRows(table, shuffledIndices(device, 4, 3, { seed: 1, epoch: 0, start: 0 }))).toThrow(RangeError);
  const plan = await device.compile({ i: 'u32' }, ({ i }) => ({ outputs: { row: gatherRows(table, i.reshape([1])) } }));
  const row = async (i: number): Promise<number[]> => {
    plan.run({ i });
    return [...(await plan.read('row'))];
  };
  expect(await row(1)).toEqual([3, 4]);
  for (const outside of [2, 3, 2 ** 31, 2 ** 32 - 1]) expect(await row(outside)).toEqual([Number.NaN, Number.NaN]);
});

// As PyTorch's torch.nn.functional.embedding: rows that occur twice get both gradients.
test('the gradient of a row is the sum over all its copies', async () => {
  for (const width of [3, 4]) {
    const table = device.variable(
      Float32Array.from({ length: 5 * width }, (_, i) => i),
      [5, width],
    );
    const indices = [4, 1, 4, 0, 4];
    const scale = Float32Array.from({ length: indices.length * width }, (_, i) => i + 1);
    const gathered = gatherRows(table, device.integers(indices));
    const [gradient] = grad(gathered.mul(device.tensor(scale, gathered.shape)).sum(), [table]);
    const expected = new Float32Array(5 * width);
    indices.forEach((row, i) => {
      for (let e = 0; e < width; e++) expected[row * width + e]! += scale[i * width + e]!;
    });
    expect(gradient.shape).toEqual([5, width]);
    expect(await gradient.data()).toEqual(expected);
  }
});

test('the gradient of a gradient of rows', async () => {
  const table = device.variable([[1], [2], [3]]);
  const [first] = grad(
    gatherRows(table, device.integers([0, 2, 2]))
      .pow(3)
      .sum(),
    [table],
  );
  const [second] = grad(first.square().sum().mul(0.5), [table]);
  // n · 3x² for n copies of a row, times n · 6x.
  expect([...(await second.data())]).toEqual([3 * 6, 0, 2 * 27 * (2 * 18)]);
});

// 2¹⁸ terms of 0.1 one after the other would be off by 2e-3. The bound is a rounding of the sum.
test('the gradient of a row that occurs very often does not drift', async () => {
  const count = 2 ** 18;
  const table = device.variable(new Float32Array(8), [2, 4]);
  const gathered = gatherRows(table, device.integers(new Array<number>(count).fill(1)));
  const [gradient] = grad(gathered.mul(0.1).sum(), [table]);
  const expected = count * Math.fround(0.1);
  const found = await gradient.data();
  for (const value of found.subarray(4)) expect(Math.abs(value / expected - 1)).toBeLessThan(2 ** -23);
});
