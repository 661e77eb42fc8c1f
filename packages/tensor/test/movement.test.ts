import { openDevice } from '@hourglass/testing/device';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, gatherRows, grad, pack, type Tensor } from '../src/index.ts';
import { broadcastPair, orderOf, partOf, runs, shape } from './arbitraries.ts';
import { checkOperation, expectClose, numbers, upload } from './check.ts';
import * as reference from './reference.ts';

const device = await openDevice();

test('stored bytes can be refilled under another shape', async () => {
  const bytes = device.bytes(new Uint8Array(8), [2, 4]);
  device.refill(bytes.reshape([4, 2]), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  expect([...(await gatherRows(bytes, device.integers([1])).data())]).toEqual([5, 6, 7, 8]);
  expect(() => device.refill(bytes.reshape([4, 2]), new Uint8Array(4))).toThrow(/4 bytes do not fill u8 \[4, 2\]/);
});

test('transpose', async () => {
  const cases = shape(1).chain((dims) => fc.record({ dims: fc.constant(dims), order: orderOf(dims) }));
  await fc.assert(
    fc.asyncProperty(cases, ({ dims, order }) =>
      checkOperation(
        device,
        [numbers(dims, 1)],
        (x) => x!.transpose(order),
        (x) => reference.transpose(x!, order),
      ),
    ),
    runs(12),
  );
});

test('slice', async () => {
  const cases = shape(1).chain((dims) => fc.record({ dims: fc.constant(dims), part: partOf(dims) }));
  await fc.assert(
    fc.asyncProperty(cases, ({ dims, part: { begin, end } }) =>
      checkOperation(
        device,
        [numbers(dims, 1)],
        (x) => x!.slice(begin, end),
        (x) => reference.slice(x!, begin, end),
      ),
    ),
    runs(12),
  );
});

test('concat along any dimension', async () => {
  const cases = shape(1, 3).chain((dims) =>
    fc.record({
      dims: fc.constant(dims),
      axis: fc.nat(dims.length - 1),
      extents: fc.array(fc.constantFrom(1, 2, 3, 4), { minLength: 1, maxLength: 3 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(cases, ({ dims, axis, extents }) =>
      checkOperation(
        device,
        extents.map((extent, i) => numbers(dims.with(axis, extent), i)),
        (...parts) => concat(parts, axis),
        (...parts) => reference.concat(parts, axis),
      ),
    ),
    runs(12),
  );
});

test('broadcastTo', async () => {
  await fc.assert(
    fc.asyncProperty(broadcastPair, ({ whole, part }) =>
      checkOperation(
        device,
        [numbers(part, 1)],
        (x) => x!.broadcastTo(whole),
        (x) => reference.broadcastTo(x!, whole),
      ),
    ),
    runs(12),
  );
});

test('reshape, with an inferred extent', () =>
  checkOperation(
    device,
    [numbers([2, 3, 4], 1)],
    (x) => x!.reshape([4, -1]).square(),
    (x) =>
      reference.reshape(
        reference.elementwise((a) => a * a, x!),
        [4, 6],
      ),
  ));

test('several movements, with operations between', () =>
  checkOperation(
    device,
    [numbers([4, 3, 8], 1), numbers([8, 1], 2)],
    (x, y) =>
      x!
        .transpose([2, 0, 1])
        .slice([0, 1, 0], [8, 4, 3])
        .mul(y!.broadcastTo([8, 9]).reshape([8, 3, 3]))
        .exp()
        .transpose(),
    (x, y) => {
      const part = reference.slice(reference.transpose(x!, [2, 0, 1]), [0, 1, 0], [8, 4, 3]);
      const factor = reference.reshape(reference.broadcastTo(y!, [8, 9]), [8, 3, 3]);
      return reference.transpose(
        reference.elementwise((a, b) => Math.exp(a * b), part, factor),
        [2, 1, 0],
      );
    },
  ));

test('slices of a concatenation: whole operands are not copied, other parts are', async () => {
  const parts = [numbers([3, 2], 1), numbers([3, 4], 2)];
  const bounds = [
    [
      [0, 2],
      [3, 6],
    ],
    [
      [0, 1],
      [3, 5],
    ],
    [
      [1, 2],
      [3, 6],
    ],
  ] as const;
  for (const [begin, end] of bounds) {
    await checkOperation(
      device,
      parts,
      (x, y) => concat([x!, y!.mul(2)], 1).slice(begin, end),
      (x, y) => reference.slice(reference.concat([x!, reference.elementwise((a) => 2 * a, y!)], 1), begin, end),
    );
  }
  const [x, y] = parts.map((values) => upload(device, values)) as [Tensor, Tensor];
  expect(concat([x, y], 1).slice(...bounds[0])).toBe(y);
});

test('a tensor that is concatenated with itself', () =>
  checkOperation(
    device,
    [numbers([2, 2], 1)],
    (x) => concat([x!, x!.mul(2), x!]),
    (x) => reference.concat([x!, reference.elementwise((a) => 2 * a, x!), x!], 0),
  ));

test('pack places each tensor at its start, with zeros between', async () => {
  const [a, b] = [numbers([3, 5], 1), numbers([70], 2)];
  const x = upload(device, a);
  const y = upload(device, b).add(0);
  const doubled = x.mul(2);
  const packed = pack([doubled, y, x.sum()], [0, 64, 192], 200);
  const expected = new Float64Array(200);
  expected.set(a.data.map((value) => 2 * value));
  expected.set(b.data, 64);
  expected[192] = a.data.reduce((total, value) => total + value, 0);
  const seven = packed.mul(0).add(7).sum(); // keeps the pack inside the plan
  await device.evaluate([packed, seven, doubled.square()]);
  expectClose(await packed.data(), expected);
  expect(await seven.item()).toBe(1400);
});

test('the gradient of a pack, also through the views of a variable', async () => {
  const v = device.variable(Float32Array.from({ length: 70 }, (_, i) => i));
  const [x, y] = [v.view(0, [2, 3]), v.view(64, [6])];
  const [gradient] = grad(x.square().sum().add(y.square().sum().mul(5)), [v]);
  const [second] = grad(gradient.mul(device.tensor(Array.from({ length: 70 }, (_, i) => i))).sum(), [v]);
  expect([...(await second.data())]).toEqual(
    Array.from({ length: 70 }, (_, i) => (i < 6 ? 2 * i : i < 64 ? 0 : 10 * i)),
  );
});

test('a packed tensor is computed in place, even if others read it, except beside its kernel’s inputs', async () => {
  const x = upload(device, numbers([70, 3], 1));
  const plan = await device.compile({}, () => {
    const sums = x.sum(1);
    const squares = sums.square(); // its kernel reads the sums
    const twice = x.sum(0);
    const packed = pack([sums, squares, twice, twice], [0, 128, 256, 320], 384);
    return { outputs: { packed: packed.mul(1), used: sums.sum() } };
  });
  const columns = reference.sum(numbers([70, 3], 1), [0]).data;
  const rows = reference.sum(numbers([70, 3], 1), [1]).data;
  const expected = new Float64Array(384);
  expected.set(rows);
  expected.set(
    rows.map((row) => row ** 2),
    128,
  );
  for (const start of [256, 320]) expected.set(columns, start);
  plan.run({});
  expectClose(await plan.read('packed'), expected);
  expectClose(await plan.read('used'), [rows.reduce((total, row) => total + row, 0)]);
  expect(plan.kernels.filter((name) => name === 'pack')).toHaveLength(3);
});

test('an output that is also packed keeps its elements after the pack is freed', async () => {
  const x = upload(device, numbers([70], 1));
  const doubled = x.mul(2);
  const packed = pack([doubled], [64], 192);
  await device.evaluate([doubled, packed]);
  device.memory.free(packed.storage!.buffer); // as after garbage collection
  expectClose(
    await doubled.data(),
    numbers([70], 1).data.map((value) => 2 * value),
  );
});
