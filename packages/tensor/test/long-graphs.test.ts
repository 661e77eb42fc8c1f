import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { requestAdapter } from '../../node/src/index.ts';
import { concat, Device, DeviceError, grad, type Tensor } from '../src/index.ts';
import { lowerAll } from '../src/lowering.ts';
import { assignSlots } from '../src/slots.ts';
import { VirtualBuffers } from '../src/virtual-buffers.ts';
import { expectClose } from './check.ts';

// Loops in user code create graphs of thousands of operations. Time and text must grow linearly with their number, not
// quadratically: otherwise these tests overflow the stack or never end.
const device = await openDevice();

const times = <T>(n: number, start: T, step: (value: T, i: number) => T): T => {
  let value = start;
  for (let i = 0; i < n; i++) value = step(value, i);
  return value;
};

test('ten thousand operations one after the other, and their gradient', async () => {
  const n = 10_000;
  const v = device.tensor([0.5]);
  expect(await times<Tensor>(n, v, (x) => x.add(1)).item()).toBe(n + 0.5);
  const y = times<Tensor>(n, v, (x) => x.mul(0.9999).add(0.001));
  const factor = Math.fround(0.9999);
  expectClose([await grad(y.sum(), [v])[0].item()], [factor ** n], 'gradient', n * 2 ** -24);
});

test('ten thousand operations in diamonds: both operands come from the same operation', async () => {
  const n = 2500;
  const diamonds = await device.compile({}, () => ({
    outputs: { y: times<Tensor>(n, device.tensor([0.5]), (y) => y.tanh().add(y.sigmoid()).div(2)) },
  }));
  diamonds.run({});
  const expected = times(n, 0.5, (y) => (Math.tanh(y) + 1 / (1 + Math.exp(-y))) / 2);
  expectClose(await diamonds.read('y'), [expected]);
  expect(diamonds.dispatches).toBeLessThanOrEqual(Math.ceil((4 * n) / 50));
});

test('the gradient of a recurrence: each step reads the weight and the previous step', async () => {
  const kernels = async (n: number): Promise<number> => {
    const w = device.variable([1.0001]);
    const [gradient] = grad(times<Tensor>(n, w, (x) => x.mul(w).tanh()).sum(), [w]);
    const plan = await device.compile({}, () => ({ outputs: { gradient } }));
    plan.run({});
    const slope = (at: number): number => times(n, at, (x) => Math.tanh(x * at));
    const [at, step] = [Math.fround(1.0001), 1e-5];
    // 2n roundings, plus those of the difference.
    const numeric = (slope(at + step) - slope(at - step)) / (2 * step);
    expectClose(await plan.read('gradient'), [numeric], `${n} steps`, 1e-4);
    return plan.dispatches;
  };
  const [few, many] = [await kernels(100), await kernels(400)];
  expect(many).toBeLessThan(5 * few);
});

// Each reads something twice: if every read wrote it out, the text would double with each step.
const REPEATED: Readonly<Record<string, (x: Tensor) => (y: Tensor, i: number) => Tensor>> = {
  'squares of squares': () => (y) => y.mul(y),
  'diamonds of element-wise operations': () => (y, i) => (i % 3 === 2 ? y.sub(y.neg()) : y.tanh().add(y.sigmoid())),
  'diamonds with a product': (x) => (y) => y.matmul(x).add(y),
  'diamonds with a sum': () => (y) => y.sub(y.mean(1, { keepDims: true })),
  'diamonds with a view': () => (y) => y.transpose().add(y.tanh()),
  'readings of the first tensor': (x) => (y) => y.mul(x).add(x.tanh()),
};

test.each(Object.keys(REPEATED))('ten thousand %s: the text grows linearly', (name) => {
  const written = (operations: number): number => {
    const x = device.zeros([4, 4]);
    const before = x.id;
    const step = REPEATED[name]!(x);
    let y: Tensor = x;
    for (let i = 0; y.id - before < operations; i++) y = step(y, i);
    const dispatches = lowerAll([y], [], new VirtualBuffers()).flatMap((lowered) => lowered.dispatches);
    return dispatches.reduce((sum, { source }) => sum + source.length, 0);
  };
  expect(written(10_000)).toBeLessThan(11 * written(1000));
});

test('ten thousand lifetimes share slots if each overlaps only with the next', () => {
  const lifetimes = Array.from({ length: 10_000 }, (_, i) => ({ bytes: 256, first: i, last: i + 1 }));
  const { slots, bytes } = assignSlots(lifetimes);
  expect(bytes).toEqual([256, 256]);
  expect(slots).toEqual(lifetimes.map((_, i) => i % 2));
});

test('hundreds of concatenated tensors, and the gradient of each: offsets are not part of kernels', async () => {
  const concatenate = async (n: number): Promise<void> => {
    const parts = Array.from({ length: n }, (_, i) => device.tensor([i, 1]));
    const whole = concat(parts);
    const gradients = grad(whole.square().sum(), parts);
    await device.evaluate([whole, ...gradients]);
    expect([...(await whole.data())]).toEqual(Array.from({ length: n }, (_, i) => [i, 1]).flat());
    expect([...(await gradients[n - 1]!.data())]).toEqual([2 * (n - 1), 2]);
  };
  await concatenate(5);
  const { pipelines } = device.counters;
  await concatenate(600);
  expect(device.counters.pipelines - pipelines).toBeLessThanOrEqual(4);
});

test('an operation that can’t be computed in pieces below the binding limit fails fast', async () => {
  const { adapter, info } = await requestAdapter();
  const small = await Device.create(adapter, info.kind, { bindingLimit: 1024 });
  for (const rows of [11, 1009, 20_011]) {
    const turned = small.zeros([rows, 100]).transpose().add(1).data();
    await expect(turned).rejects.toThrow(DeviceError);
    await expect(turned).rejects.toThrow(`, but this adapter binds at most 1024 at once`);
  }
  // Too many pieces for one dispatch each.
  await expect(small.zeros([2_000_003]).add(1).data()).rejects.toThrow('The result [2000003] of add takes');
  // A prime number of elements, in unequal pieces.
  expect(await small.zeros([100_003]).add(1).data()).toEqual(new Float32Array(100_003).fill(1));
  small.destroy();
});
