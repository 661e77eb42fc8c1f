import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDevice } from '@hourglass/testing/device';
import { describe, expect, test } from 'vitest';
import { requestAdapter } from '../../node/src/index.ts';
import { Device, pack } from '../src/index.ts';
import { expectClose } from './check.ts';
import { compileStep, network, runNodeByNode, valuesAt } from './training-step.ts';

const device = await openDevice();

const STEPS = 30;

async function train(steps = STEPS): Promise<{ losses: number[]; weights: Float32Array; moving: Float32Array }> {
  const net = network(device);
  const plan = await compileStep(device, net);
  const losses: number[] = [];
  for (let t = 1; t <= steps; t++) {
    plan.run(valuesAt(t));
    losses.push((await plan.read('loss'))[0]!);
  }
  const result = { losses, weights: await net.state.weights.data(), moving: await net.moving.data() };
  plan.destroy();
  return result;
}

test('thirty steps of a plan equal thirty steps of its operations one by one', async () => {
  const planned = await train();
  const net = network(device);
  const losses: number[] = [];
  for (let t = 1; t <= STEPS; t++) losses.push(await runNodeByNode(device, net, t));
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2); // the loss falls
  expectClose(planned.losses, losses, 'losses');
  expectClose(planned.moving, await net.moving.data(), 'moving mean');
  expectClose(planned.weights, await net.state.weights.data(), 'weights');
});

test('whole numbers are read as numbers by item, and as raw bits otherwise', async () => {
  expect(await device.tensor([1, 5, 9, 2]).argMax().item()).toBe(2);
  expect(await device.integers(4_294_967_295).item()).toBe(4_294_967_295);
  const whole = (data: Float32Array): number[] => [...new Uint32Array(data.buffer)];
  expect(whole(await device.integers([7, 8]).data())).toEqual([7, 8]);
  const plan = await device.compile({ step: 'u32' }, ({ step }) => ({ outputs: { step } }));
  plan.run({ step: 9 });
  expect(whole(await plan.read('step'))).toEqual([9]);
});

test('the same inputs give the same bits', async () => {
  expect(await train(10)).toEqual(await train(10));
});

test('after warm-up a step makes one submission and nothing else', async () => {
  const plan = await compileStep(device, network(device));
  plan.run(valuesAt(1));
  await device.finished();
  const { bytes: _, ...before } = device.counters; // these may fall, because garbage is collected at any time
  for (let t = 2; t <= 11; t++) {
    plan.run(valuesAt(t));
    await device.room();
  }
  await device.finished();
  expect(device.counters).toMatchObject({ ...before, submits: before.submits + 10 });
  plan.destroy();
});

describe('memory', () => {
  test('slots are shared, and take at least the memory alive at once', async () => {
    const plan = await compileStep(device, network(device));
    const { memory } = plan;
    plan.destroy();
    expect(memory.allocated).toBeGreaterThanOrEqual(memory.lowerBound);
    expect(memory.allocated).toBeLessThan(memory.withoutReuse);
    expect(memory.lowerBound).toBeGreaterThan(0);
  });

  test('a plan frees all its memory', async () => {
    const device = await openDevice(); // a separate device, so that no other test's garbage is freed meanwhile
    const x = device.zeros([10, 10, 10]);
    const { bytes } = device.counters;
    const plan = await device.compile({ a: 'f32' }, ({ a }) => ({ outputs: { y: x.mul(a).sum(1).exp() } }));
    expect(device.counters.bytes).toBeGreaterThan(bytes);
    plan.destroy();
    expect(device.counters.bytes).toBe(bytes);
  });

  test('earlier contents of a slot do not matter', async () => {
    const compileLoss = async () => {
      const net = network(device);
      const plan = await device.compile({ seed: 'u32', step: 'u32' }, (key) => {
        const { loss, gradient } = net.forward(key);
        return { outputs: { loss, gradient } };
      });
      return { net, plan };
    };
    const [used, fresh] = [await compileLoss(), await compileLoss()];
    const key = { seed: 1, step: 1 };
    const image = await used.net.image.data();
    used.net.image.write(image.map(() => Number.NaN));
    used.plan.run(key);
    expect(await used.plan.read('loss')).toEqual(Float32Array.of(Number.NaN));
    used.net.image.write(image);
    used.plan.run(key);
    fresh.plan.run(key);
    for (const name of ['loss', 'gradient']) expect(await used.plan.read(name)).toEqual(await fresh.plan.read(name));
  });

  test('the gaps of a pack are zero, whatever the memory held before', async () => {
    const x = device.variable(new Float32Array(128).fill(1));
    const plan = await device.compile({}, () => {
      const early = x.exp();
      const last = early.transpose().slice([1]).sum(); // `early` is materialised for the view, and free from here on
      const small = last.mul(2);
      const packed = pack([small], [64], 128);
      return { outputs: { small, total: packed.square().sum() } };
    });
    plan.run({});
    const [small] = await plan.read('small');
    expectClose([small!], [2 * 127 * Math.E]);
    expectClose(await plan.read('total'), [small! ** 2]);
  });

  test('tensors in the graph of a plan live as long as the plan', async () => {
    const plan = await device.compile({ a: 'f32' }, ({ a }) => {
      const constant = device.tensor([1, 2, 3]);
      const view = device.variable(new Float32Array(128).fill(5)).view(64, [3]);
      return { outputs: { y: constant.add(view.reshape([3, 1]).reshape([3])).mul(a) } };
    });
    const result = device.tensor([1, 2]).reshape([2, 1]);
    await result.data();
    await collectGarbage();
    plan.run({ a: 10 });
    expect([...(await plan.read('y'))]).toEqual([60, 70, 80]);
    expect([...(await result.data())]).toEqual([1, 2]);
  });

  test('unreachable tensors are freed', async () => {
    await collectGarbage();
    const { bytes } = device.counters;
    for (let i = 0; i < 20; i++) device.zeros([1000]);
    expect(device.counters.bytes).toBeGreaterThan(bytes);
    await collectGarbage();
    expect(device.counters.bytes).toBeLessThanOrEqual(bytes);
  });
});

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10)); // finalisers run between tasks
  }
}

describe('updates', () => {
  test('read all variables as they were before the step, whatever their order', async () => {
    const a = device.variable([1, 2, 3, 4]);
    const b = device.variable([10, 20, 30, 40]);
    const c = device.variable([0, 0, 0, 0]);
    const step = await device.compile({}, () => ({
      updates: [a.assign(b), b.assign(a), c.assign(a.mul(2).add(b))],
    }));
    step.run({});
    expect([...(await a.data())]).toEqual([10, 20, 30, 40]);
    expect([...(await b.data())]).toEqual([1, 2, 3, 4]);
    expect([...(await c.data())]).toEqual([12, 24, 36, 48]);
  });

  test('may read other elements of the variable that they change', async () => {
    const matrix = Float32Array.from({ length: 64 * 64 }, (_, i) => i);
    const x = device.variable(matrix, [64, 64]);
    const y = device.variable([1, 2, 3, 4]);
    const step = await device.compile({}, () => ({
      updates: [x.assign(x.transpose().add(1)), y.assign(y.div(y.sum()).add(y.slice([0], [1])))],
    }));
    step.run({});
    expect([...(await x.data())]).toEqual([...matrix].map((_, i) => matrix[(i % 64) * 64 + Math.floor(i / 64)]! + 1));
    expectClose(await y.data(), [1.1, 1.2, 1.3, 1.4]);
  });

  test('may read and change parts of one vector', async () => {
    const flat = device.variable(new Float32Array(128).fill(1));
    const [low, high] = [flat.view(0, [64]), flat.view(64, [64])];
    const step = await device.compile({}, () => ({ updates: [low.assign(high.add(1)), high.assign(low.mul(5))] }));
    step.run({});
    step.run({});
    // (1, 1) → (2, 5) → (6, 10)
    expect([...(await flat.data())]).toEqual(Array.from({ length: 128 }, (_, i) => (i < 64 ? 6 : 10)));
  });
});

describe('reading', () => {
  test('a reshaped tensor shares the memory of its source', async () => {
    const x = device.tensor([1, 2, 3, 4, 5, 6]);
    const y = x.mul(2);
    await device.evaluate([y.reshape([2, 3]), y, y.reshape([3, 2])]);
    const { buffers } = device.counters;
    expect([...(await y.reshape([6, 1]).data())]).toEqual([2, 4, 6, 8, 10, 12]);
    expect([...(await x.reshape([3, 2]).transpose().data())]).toEqual([1, 3, 5, 2, 4, 6]);
    expect(device.counters.buffers - buffers).toBeLessThanOrEqual(2); // one for the transposed tensor, one to read through
  });

  test('many reads at once', async () => {
    const x = device.tensor([1, 2, 3]);
    const powers = [x, x.square(), x.square().mul(x)];
    const read = await Promise.all([...powers, ...powers].map((power) => power.data()));
    expect(read.map((data) => [...data])).toEqual([
      [1, 2, 3],
      [1, 4, 9],
      [1, 8, 27],
      [1, 2, 3],
      [1, 4, 9],
      [1, 8, 27],
    ]);
  });

  test('more than fits one copy', async () => {
    const { adapter, info } = await requestAdapter();
    const pieces = await Device.create(adapter, info.kind, { readLimit: 512 });
    const values = Float32Array.from({ length: 1001 }, (_, i) => i);
    const x = pieces.tensor(values);
    const [plain, doubled] = await Promise.all([x.data(), x.mul(2).data()]);
    expect(plain).toEqual(values);
    expect(doubled).toEqual(values.map((value) => 2 * value));
    pieces.destroy();
  });

  test('item returns the one element', async () => {
    expect(await device.tensor([[7]]).item()).toBe(7);
    expect(await device.tensor(7).add(1).item()).toBe(8);
  });
});
