import elementwiseKernel from '@hourglass/shaders/elementwise.ts';
import { openDevice } from '@hourglass/testing/device';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buffersOf } from '../src/dispatch.ts';
import { fuse } from '../src/fusion.ts';
import { concat, grad, type Tensor } from '../src/index.ts';
import { lowerAll } from '../src/lowering.ts';
import { VirtualBuffers } from '../src/virtual-buffers.ts';
import { runs } from './arbitraries.ts';
import { expectClose, numbers, upload } from './check.ts';
import { evaluateNodeByNode } from './graph.ts';

const device = await openDevice();

const instruction = fc.record({ operation: fc.nat(17), a: fc.nat(1000), b: fc.nat(1000) });
type Instruction = typeof instruction extends fc.Arbitrary<infer T> ? T : never;

const broadcasts = (a: Tensor, b: Tensor): boolean =>
  a.shape.every((n, d) => {
    const m = b.shape[d - a.rank + b.rank] ?? 1;
    return m === n || m === 1 || n === 1;
  });

const SHAPES = [[4, 6], [6], [4, 1], [3, 8]];
/** Shapes that kernels read four elements at a time; some are read as one element for all four. */
const VECTORS = [[8, 8], [8], [8, 1], [4, 4]];

/** The results of a random program, and the gradients. Every function in it is bounded, so that errors can't grow. */
function program(instructions: readonly Instruction[], shapes = SHAPES): Tensor[] {
  const inputs = shapes.map((dims, i) => upload(device, numbers(dims, i)));
  const values = [...inputs];
  for (const { operation, a: first, b: second } of instructions) {
    const a = values[first % values.length]!;
    const fitting = values.filter((value) => broadcasts(a, value) && broadcasts(value, a) && value.size <= 100);
    const b = fitting[second % fitting.length] ?? a;
    const axis = second % Math.max(1, a.rank);
    const results: (() => Tensor)[] = [
      () => a.add(b),
      () => a.sub(b),
      () => a.tanh().mul(b),
      () => a.maximum(b),
      () => a.mul(0.5).add(b.mul(0.25)),
      () => a.sigmoid(),
      () => a.tanh(),
      () => a.leakyRelu(),
      () => a.abs().neg(),
      () => a.minimum(0.3),
      () => (a.rank === 0 ? a.exp().tanh() : a.mean(axis, { keepDims: true })),
      () => (a.rank === 0 ? a : a.mean(axis)),
      () => a.transpose(),
      () => a.reshape([a.size]),
      () => (a.rank === 0 ? a : a.slice(a.shape.map((n, d) => (d === axis && n > 1 ? 1 : 0)))),
      () => (a.rank === 0 || a.size > 50 ? a : concat([a, a.sub(b).reshape([-1]).mean().mul(a)], axis)),
      () => (a.rank === 2 && a.size < 50 ? a.matmul(a.transpose()).tanh() : a),
      () => (a.size < 50 ? a.broadcastTo([2, ...a.shape]) : a),
    ];
    values.push(results[operation]!());
  }
  const outputs = values.slice(-3);
  const loss = outputs.map((output) => output.tanh().mean()).reduce((total, mean) => total.add(mean));
  return [...outputs, loss, ...grad(loss, inputs)];
}

const instructions = fc.array(instruction, { minLength: 4, maxLength: 12 });

test('a fused random graph gives the same results as its operations one by one', async () => {
  await fc.assert(
    fc.asyncProperty(instructions, fc.constantFrom(SHAPES, VECTORS), async (list, shapes) => {
      const [fused, single] = [program(list, shapes), program(list, shapes)];
      await device.evaluate(fused);
      await evaluateNodeByNode(device, single);
      for (const [i, tensor] of fused.entries()) {
        expect(tensor.shape).toEqual(single[i]!.shape);
        expectClose(await tensor.data(), await single[i]!.data(), `output ${i}`);
      }
    }),
    runs(12),
  );
});

/** The number of storage buffers that each kernel under `roots` binds. */
function bindings(roots: readonly Tensor[]): number[] {
  const dispatches = lowerAll(roots, [], new VirtualBuffers()).flatMap((lowered) => lowered.dispatches);
  return dispatches.map(({ source }) => source.match(/var<storage/g)?.length ?? 0);
}

test('no kernel binds more than the eight storage buffers that every adapter allows', () => {
  fc.assert(
    fc.property(
      fc.array(instruction, { minLength: 10, maxLength: 40 }),
      fc.constantFrom(SHAPES, VECTORS),
      (list, shapes) => {
        expect(Math.max(...bindings(program(list, shapes)))).toBeLessThanOrEqual(8);
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

test('a tensor that a kernel reads in two ways counts twice', async () => {
  const [x, kernel, ...rows] = [[8, 8], [8, 8], [8], [8], [8], [8], [8]].map((dims, i) =>
    upload(device, numbers(dims, i)),
  ) as [Tensor, Tensor, ...Tensor[]];
  // Each row is read both along the rows and along the columns.
  const both = rows.reduce((sum, row) => sum.add(row).mul(row.reshape([8, 1])), x);
  // The product's operand is read again in its epilogue.
  const again = rows.reduce((sum, row) => sum.add(row), x.matmul(kernel).add(x));
  // Both the sum and the product of scalars are recomputed where needed, until the first must be materialised for a
  // third consumer.
  const scalars = [1, 2, 3, 4, 5].map((i) => upload(device, numbers([1], i)));
  const product = scalars.reduce((a, b) => a.mul(b), x);
  const sum = scalars.reduce((a, b) => a.add(b), x);
  const [c, d] = [8, 9].map((i) => upload(device, numbers([8, 8], i)));
  const late = [product.add(sum).add(kernel), product.add(c!.mul(d!))];
  for (const roots of [[both], [again], late]) expect(Math.max(...bindings(roots))).toBeLessThanOrEqual(8);

  const at = (i: number): number[] => [...numbers(i < 2 ? [8, 8] : [8], i).data];
  const [X, K, ...R] = [0, 1, 2, 3, 4, 5, 6].map(at) as [number[], number[], ...number[][]];
  const cells = X.map((_, e) => [Math.floor(e / 8), e % 8] as const);
  expectClose(
    await both.data(),
    cells.map(([i, j], e) => R.reduce((value, row) => (value + row[j]!) * row[i]!, X[e]!)),
  );
  const dot = (i: number, j: number): number => R[0]!.reduce((t, _, k) => t + X[8 * i + k]! * K[8 * k + j]!, 0);
  expectClose(
    await again.data(),
    cells.map(([i, j], e) => R.reduce((value, row) => value + row[j]!, dot(i, j) + X[e]!)),
  );
});

test('an expression of many tensors is split before and after a reduction', async () => {
  const tensors = Array.from({ length: 12 }, (_, i) => upload(device, numbers([3, 4], i)));
  const product = tensors.reduce((a, b) => a.add(b.mul(2)));
  const rows = Array.from({ length: 6 }, (_, i) => upload(device, numbers([3], 20 + i)));
  const sum = rows.reduce((a, b) => a.sub(b), product.sum(1));
  expect(Math.max(...bindings([sum]))).toBeLessThanOrEqual(8);
  const expected = [0, 1, 2].map((row) => {
    let total = 0;
    for (let i = 0; i < 12; i++) {
      for (let c = 0; c < 4; c++) total += (i === 0 ? 1 : 2) * numbers([3, 4], i).data[row * 4 + c]!;
    }
    for (let i = 0; i < 6; i++) total -= numbers([3], 20 + i).data[row]!;
    return total;
  });
  expectClose(await sum.data(), expected);
});

test('element-wise operations disappear into the kernels around them', () => {
  const x = upload(device, numbers([8, 4], 1));
  const w = upload(device, numbers([4, 4], 2));
  const count = (root: Tensor): number => fuse([root]).groups.length;
  expect(count(x.mul(2).add(1).tanh().square())).toBe(1);
  expect(count(x.matmul(w).add(1).leakyRelu())).toBe(1); // epilogue
  expect(count(x.sub(1).square().sum(0).mul(0.125).sqrt())).toBe(1); // prologue and epilogue
  expect(count(x.matmul(w).add(x.matmul(w).tanh()))).toBe(2);
});

test('a shared tensor is materialised if it reads two tensors of its size, and recomputed if it reads one', () => {
  const [x, y] = [1, 2].map((i) => upload(device, numbers([8, 4], i))) as [Tensor, Tensor];
  const count = (...roots: Tensor[]): number => fuse(roots).groups.length;
  const [sum, double] = [x.add(y), x.mul(2)];
  expect(count(sum.sum(0), sum.sum(1))).toBe(3);
  expect(count(double.sum(0), double.sum(1))).toBe(2);
});

test('an epilogue ends after 64 operations: the time that drivers take grows faster than the text', () => {
  const x = upload(device, numbers([4, 4], 1));
  const followed = (operations: number): number => {
    let y = x.matmul(x);
    for (let i = 0; i < operations; i++) y = y.sin();
    return fuse([y]).groups.length;
  };
  expect([64, 65].map(followed)).toEqual([1, 2]);
});

test('each dispatch of an operation binds the tensors that its own functions read', () => {
  const [x, y] = [1, 2].map((i) => upload(device, numbers([8, 4], i))) as [Tensor, Tensor];
  const twice = x.derive([8, 4], {
    kind: 'kernel',
    name: 'twice',
    inputs: [x.mul(y).add(3)],
    epilogue: false,
    prologue: true,
    lower: (lowering) =>
      [1, 2].map(() =>
        lowering.dispatch(elementwiseKernel, {
          width: 1,
          constants: {},
          buffers: { output: lowering.output(), size: lowering.number(32) },
          lanes: 32,
        }),
      ),
  });
  const [first, second] = lowerAll([twice], [], new VirtualBuffers()).flatMap(({ dispatches }) => dispatches);
  expect(buffersOf(first!)).toHaveLength(3);
  expect(first!.bindings.at(-1)!.operand).toEqual({ words: [new Uint32Array(Float32Array.of(3).buffer)[0]] });
  expect(second).toEqual(first);
});
