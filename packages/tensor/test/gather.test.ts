import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gatherRows } from '../src/index.ts';
import { runs } from './arbitraries.ts';
import { openDevice } from './device.ts';

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

test('bytes may lie anywhere in their buffer', async () => {
  const bytes = Uint8Array.from({ length: 11 }, (_, i) => i * 20).subarray(3, 10);
  const gathered = gatherRows(device.bytes(bytes, [7]), device.integers([6, 0]));
  expect([...(await gathered.data())]).toEqual([180, 60]);
});
