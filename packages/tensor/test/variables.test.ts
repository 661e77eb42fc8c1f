import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { adam, grad, type Tensor } from '../src/index.ts';

const device = await openDevice();
const plain = async (tensor: Tensor): Promise<number[]> => [...(await tensor.data())];

test('a closed gate keeps the value that an earlier update of the step wrote', async () => {
  const v = device.variable([1, 2, 3]);
  const plan = await device.compile({ stop: 'f32' }, ({ stop }) => ({
    updates: [v.assign(v.add(10)), v.assign(v.mul(100), stop)],
  }));
  plan.run({ stop: 1 });
  expect(await plain(v)).toEqual([11, 12, 13]);
  plan.run({ stop: 0 });
  expect(await plain(v)).toEqual([1100, 1200, 1300]);
  for (const closed of [Number.NaN, Number.POSITIVE_INFINITY, 1e-45]) plan.run({ stop: closed });
  expect(await plain(v)).toEqual([1130, 1230, 1330]);
  plan.run({ stop: -0 });
  expect(await plain(v)).toEqual([113_000, 123_000, 133_000]);
});

test('a gate that the step changes has its value from before the step', async () => {
  const [v, gate] = [device.variable([1]), device.variable(0)];
  const plan = await device.compile({}, () => ({ updates: [gate.assign(device.tensor(1)), v.assign(v.add(1), gate)] }));
  plan.run({});
  expect(await plain(v)).toEqual([2]);
  plan.run({});
  expect(await plain(v)).toEqual([2]);
});

test('a value may be its own gate', async () => {
  const [variable, value] = [device.variable(5), device.variable(0)];
  const plan = await device.compile({}, () => {
    const both = value.mul(2);
    return { updates: [variable.assign(both, both)] };
  });
  plan.run({});
  expect(await variable.item()).toBe(0);
  value.write([3]);
  plan.run({});
  expect(await variable.item()).toBe(0);
  plan.destroy();
});

test('an update listed twice is applied once', async () => {
  const v = device.variable([1]);
  const plan = await device.compile({}, () => {
    const update = v.assign(v.add(1));
    return { updates: [update, update] };
  });
  plan.run({});
  expect(await plain(v)).toEqual([2]);
});

test('of two updates of one variable the later wins; both read the value from before the step', async () => {
  const v = device.variable([1, 2]);
  const plan = await device.compile({}, () => ({ updates: [v.assign(v.add(10)), v.assign(v.mul(100))] }));
  plan.run({});
  expect(await plain(v)).toEqual([100, 200]);
});

test('adam with another update of its variables throws: it changes them in place', async () => {
  const flat = device.variable(new Float32Array(128).fill(1));
  const [low, high] = [flat.view(0, [64]), flat.view(64, [64])];
  const [m, v] = [0, 1].map(() => device.variable(new Float32Array(64)));
  const step = () => adam({ weights: low, m: m!, v: v! }, device.zeros([64]), device.tensor(0.1));
  const compile = (other: Tensor) => device.compile({}, () => ({ updates: [other, step()] }));
  await expect(compile(low.assign(low.mul(2)))).rejects.toThrow(/adam changes in place/);
  await expect(compile(flat.assign(flat.mul(2)))).rejects.toThrow(RangeError);
  await expect(compile(step())).rejects.toThrow(RangeError);
  const plan = await compile(high.assign(high.mul(2)));
  plan.run({});
  expect((await plain(flat)).slice(63, 65)).toEqual([1, 2]);
});

test('gradients flow through views to the variable', async () => {
  const flat = device.variable(new Float32Array(192).fill(2), [3, 64]);
  const [first, second] = [flat.view(64, [4]), flat.view(128, [2, 2])];
  const loss = first
    .square()
    .sum()
    .add(second.mul(3).sum())
    .add(flat.view(64, [64]).view(0, [2]).sum());
  const [whole, part] = grad(loss, [flat, second]);
  const expected = new Float32Array(192);
  expected.set([5, 5, 4, 4], 64); // 2 · 2, and 1 from the view of a view
  expected.set([3, 3, 3, 3], 128);
  expect(await plain(whole)).toEqual([...expected]);
  expect(whole.shape).toEqual([3, 64]);
  expect(await plain(part)).toEqual([3, 3, 3, 3]);
});

test('grad throws for a view whose memory the loss reads through another tensor', () => {
  const flat = device.variable(new Float32Array(128).fill(2));
  const view = flat.view(64, [4]);
  expect(() => grad(flat.square().sum(), [view])).toThrow(/\[4\] under another name, as the variable \[128\]/);
  expect(() => grad(flat.view(64, [8]).square().sum(), [view])).toThrow(/as the variable \[8\]/);
  expect(() => grad(flat.view(0, [4]).square().sum(), [view])).not.toThrow();
});

test('an update is not a value, and a value is not an update', async () => {
  const v = device.variable([1, 2]);
  const update = v.assign(v.add(1));
  await expect(update.data()).rejects.toThrow(TypeError);
  await expect(update.add(0).data()).rejects.toThrow(/update \(assign\) has no elements/);
  await expect(update.reshape([2, 1]).data()).rejects.toThrow(TypeError);
  await expect(device.compile({}, () => ({ updates: [v.add(1)] }))).rejects.toThrow(/add is no update/);
  await expect(device.compile({}, () => ({ updates: [v] }))).rejects.toThrow(TypeError);
  expect(await plain(v)).toEqual([1, 2]);
});

test('outputs have their values from before the updates, even variables', async () => {
  const v = device.variable([1, 2, 3, 4]);
  const plan = await device.compile({}, () => ({
    outputs: { own: v, reshaped: v.reshape([2, 2]), same: v.add(0), turned: v.transpose() },
    updates: [v.assign(v.add(10))],
  }));
  plan.run({});
  v.write([0, 0, 0, 0]);
  for (const name of ['own', 'reshaped', 'same', 'turned']) {
    expect([...(await plan.read(name))], name).toEqual([1, 2, 3, 4]);
  }
});

test('a lazy tensor is computed from the variable’s value at that time', async () => {
  const v = device.variable([1, 2]);
  const [early, late] = [v.add(1), v.add(1)];
  expect(await plain(early)).toEqual([2, 3]);
  v.write([10, 20]);
  expect(await plain(early)).toEqual([2, 3]);
  expect(await plain(late)).toEqual([11, 21]);
});

test('a variable has a valid shape, and a view lies within it', () => {
  expect(() => device.variable([])).toThrow(/\[0\] is not a shape/);
  expect(() => device.variable([1, 2, 3, 4, 5, 6], [-2, -3])).toThrow(/\[-2, -3\] is not a shape/);
  const v = device.variable(new Float32Array(128));
  expect(() => v.view(-64, [4])).toThrow(/at element -64/);
  // Memory is allocated in multiples of 64 elements, but the rest is not the variable's.
  expect(() => device.variable([1, 2, 3]).view(0, [10])).toThrow(/\[10\] at element 0 does not fit into \[3\]/);
  expect(device.variable([1, 2, 3]).view(0, [3]).shape).toEqual([3]);
  expect(() => v.view(0, [-2, -2])).toThrow(/is not a shape/);
  expect(() => v.assign(v, device.zeros([2]))).toThrow(/gate \[2\]/);
});
