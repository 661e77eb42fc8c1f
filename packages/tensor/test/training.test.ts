import { openDevice } from '@hourglass/testing/device';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adam, adamRate, batchNorm, firstFailure, gatherRows, grad, mae, mse, randomNormal } from '../src/index.ts';
import { runs } from './arbitraries.ts';
import { checkOperation, expectClose, numbers, upload } from './check.ts';
import * as reference from './reference.ts';

const device = await openDevice();

const statistics = (dims: readonly number[]) => [
  numbers(dims, 1, [-1, 3]),
  numbers([dims.at(-1)!], 2, [0.5, 1.5]),
  numbers([dims.at(-1)!], 3),
];

test('batchNorm, forward and gradients', async () => {
  const outer = fc.constantFrom([7], [3, 5], [2, 3, 3], [1, 4, 2]);
  await fc.assert(
    fc.asyncProperty(outer, fc.constantFrom(1, 3, 5, 8), (dims, channels) =>
      checkOperation(
        device,
        statistics([...dims, channels]),
        (x, gamma, beta) => batchNorm(x!, gamma!, beta!).output,
        (x, gamma, beta) => reference.batchNorm(x!, gamma!, beta!),
      ),
    ),
    runs(8),
  );
});

test('batchNorm returns the statistics of the batch, and gradients flow through them too', async () => {
  const [x, gamma, beta] = statistics([3, 4, 5]) as [reference.Values, reference.Values, reference.Values];
  const found = batchNorm(upload(device, x), upload(device, gamma), upload(device, beta));
  const expected = reference.batchNorm(x, gamma, beta);
  expectClose(await found.mean.data(), expected.mean.data, 'mean');
  expectClose(await found.variance.data(), expected.variance.data, 'variance');
  await checkOperation(
    device,
    [x, gamma, beta],
    (...inputs) => {
      const { output, mean, variance } = batchNorm(
        ...(inputs as [(typeof inputs)[0], (typeof inputs)[0], (typeof inputs)[0]]),
      );
      return output.add(mean).mul(variance);
    },
    (a, b, c) => {
      const { mean, variance, ...output } = reference.batchNorm(a!, b!, c!);
      const shifted = reference.elementwise((p, q) => p + q, output, mean);
      return reference.elementwise((p, q) => p * q, shifted, variance);
    },
  );
});

test('the losses', async () => {
  const pair = [numbers([4, 3, 5], 1), numbers([4, 3, 5], 2)];
  await checkOperation(
    device,
    pair,
    (a, b) => mse(a!, b!),
    (a, b) => reference.mse(a!, b!),
  );
  await checkOperation(
    device,
    pair,
    (a, b) => mae(a!, b!),
    (a, b) => reference.mae(a!, b!),
  );
});

test('a tensor that the loss does not depend on has gradient zero', async () => {
  const [x, y] = [upload(device, numbers([3], 1)), upload(device, numbers([2, 2], 2))];
  const [dx, dy] = grad(x.square().sum(), [x, y]);
  expectClose(
    await dx!.data(),
    numbers([3], 1).data.map((value) => 2 * value),
  );
  expect([...(await dy!.data())]).toEqual([0, 0, 0, 0]);
});

test('the gradient of an intermediate tensor, and of the loss itself', async () => {
  const x = upload(device, numbers([3], 1));
  const y = x.mul(3);
  const loss = y.square().sum();
  const [dy, dLoss] = grad(loss, [y, loss]);
  expectClose(
    await dy!.data(),
    numbers([3], 1).data.map((value) => 6 * value),
  );
  expect(await dLoss!.item()).toBe(1);
});

test('an operation without a gradient throws an error with its name', () => {
  const x = upload(device, numbers([], 1));
  const failure = firstFailure(x, device.tensor(0), device.integers(0));
  expect(() => grad(failure, [x])).toThrow('firstFailure has no gradient');
});

test('grad after reading the loss throws instead of returning zeros', async () => {
  const x = upload(device, numbers([3], 1));
  const loss = x.square().sum();
  await loss.data();
  expect(() => grad(loss, [x])).toThrow(/loss has no graph/);
});

test('grad through a tensor that was read throws instead of returning zeros', async () => {
  const w = device.variable([2, 3]);
  const between = w.mul(3);
  await between.data();
  expect(() => grad(between.sum(), [w])).toThrow(/shape \[2\].*no graph any more/);
  // A tensor that the loss does not depend on gets zeros, as documented.
  expect(await grad(w.square().sum(), [w, device.zeros([2])])[1].data()).toEqual(new Float32Array(2));
});

test('a read tensor cuts the gradient of what it was computed from, however else the loss depends on that', async () => {
  const w = device.variable([2]);
  const x = device.tensor([2]);
  for (const of of [w, x]) {
    const read = of.square();
    await read.data();
    // d(of² · of) would be 3 · 2² = 12; without the path through `read`, it would be 4.
    expect(() => grad(read.mul(of).sum(), [of])).toThrow(/no graph any more.*stopGradient/);
    const onward = read.mul(2);
    await onward.data();
    expect(() => grad(onward.mul(of).sum(), [of])).toThrow(/no graph any more/);
    expect(() => grad(onward.sum(), [onward, of])).toThrow(/no graph any more/);
    expect(await grad(onward.stopGradient().mul(of).sum(), [of])[0].item()).toBe(8);
    expect(await grad(onward.mul(of).sum(), [onward])[0].item()).toBe(2);
  }
  const between = w.mul(3);
  const late = between.mul(2);
  await late.data();
  expect(() => grad(late.sum(), [between])).toThrow(/no graph any more/);
  await between.data();
  expect(() => grad(late.sum(), [between])).toThrow(/no graph any more/);
});

test('a read tensor cuts the gradient of a view and of its variable, but not of another view', async () => {
  const flat = device.variable(new Float32Array(128).fill(2));
  const [first, second] = [flat.view(0, [4]), flat.view(64, [4])];
  const read = first.square();
  await read.data();
  const loss = read.mul(second).sum();
  expect(() => grad(loss, [first])).toThrow(/no graph any more/);
  expect(() => grad(loss, [flat])).toThrow(/no graph any more/);
  expect(() => grad(loss, [flat.view(0, [64])])).toThrow(/no graph any more/);
  expect(await grad(loss, [second])[0].data()).toEqual(new Float32Array(4).fill(4));
});

test('what a read tensor was not computed from has its gradient, or zeros', async () => {
  const [w, unused] = [device.variable([3, 5]), device.variable([1, 1])];
  const noise = randomNormal(device, [2], { seed: 1 });
  const rows = gatherRows(device.tensor([[1], [2]]), device.tensor([[4, 7]]).argMax(1));
  const given = await noise.data();
  await rows.data();
  const [ofW, ofUnused] = grad(
    noise
      .mul(w)
      .mul(rows.reshape([1]))
      .sum(),
    [w, unused],
  );
  expect(await ofW.data()).toEqual(given.map((value) => value * 2));
  expect(await ofUnused.data()).toEqual(new Float32Array(2));
  // A loss of data that were computed without the weights.
  const error = noise.mul(device.tensor([1, 2]));
  await error.data();
  expect(await grad(error.sum(), [w])[0].data()).toEqual(new Float32Array(2));
});

test('no gradient flows from indices to the numbers that they were computed from', async () => {
  const x = device.tensor([4, 7]);
  const largest = x.argMax().reshape([1]);
  const row = gatherRows(device.tensor([[1], [2]]), largest);
  await row.data();
  expect(await grad(row.mul(x).sum(), [x])[0].data()).toEqual(Float32Array.of(2, 2));
});

test('twenty Adam steps in a compiled step', async () => {
  const target = numbers([77], 1);
  const start = numbers([77], 2);
  const state = {
    weights: device.variable(Float32Array.from(start.data)),
    m: device.variable(new Float32Array(77)),
    v: device.variable(new Float32Array(77)),
  };
  const expected = { weights: start.data.slice(), m: new Float64Array(77), v: new Float64Array(77) };
  const goal = upload(device, target);
  const step = await device.compile({ rate: 'f32' }, ({ rate }) => {
    const [gradient] = grad(state.weights.sub(goal).square().mul(0.5).sum(), [state.weights]);
    return { updates: [adam(state, gradient!, rate)] };
  });
  for (let t = 1; t <= 20; t++) {
    step.run({ rate: adamRate(0.01, t) });
    const gradient = expected.weights.map((w, i) => w - target.data[i]!);
    reference.adam(expected, gradient, t, 0.01);
  }
  for (const name of ['weights', 'm', 'v'] as const) {
    expectClose(await state[name].data(), expected[name], name);
  }
});

test('the first step that is not finite is remembered, and gates Adam and assignments', async () => {
  const values = [1, 3.4028234663852886e38, 1e-45, Number.NaN, 2, Number.NEGATIVE_INFINITY];
  const [value, failure, w, m, v] = [0, 0, 1, 0, 0].map((number) => device.variable(number));
  const step = await device.compile({ step: 'u32' }, (inputs) => {
    const unless = firstFailure(value!, failure!, inputs.step);
    const moved = adam({ weights: w!, m: m!, v: v! }, device.tensor(1), device.tensor(0.5), { unless });
    return { updates: [failure!.assign(unless), moved, value!.assign(value!.mul(0).add(7), unless)] };
  });
  const weights: number[] = [];
  const found: number[] = [];
  for (const [i, number] of values.entries()) {
    value!.write([number]);
    step.run({ step: 10 + i });
    weights.push(await w!.item());
    found.push(await failure!.item());
    expect(await value!.item()).toBe(i < 3 ? 7 : Math.fround(number));
  }
  expect(found).toEqual([0, 0, 0, 14, 14, 14]);
  expect(weights[0]).toBeLessThan(1);
  expect(weights[2]).toBeLessThan(weights[1]!);
  expect(weights.slice(3)).toEqual([weights[2], weights[2], weights[2]]);
});

test('adam takes a gradient that is part of its own variable, as it was before the step', async () => {
  const flat = device.variable(Array.from({ length: 128 }, (_, i) => i / 128));
  const [weights, gradient] = [flat.view(0, [64]), flat.view(64, [64])];
  const [m, v] = [0, 1].map(() => device.variable(new Float32Array(64)));
  const plan = await device.compile({}, () => ({
    updates: [gradient.assign(device.zeros([64])), adam({ weights, m: m!, v: v! }, gradient, device.tensor(0.5))],
  }));
  plan.run({});
  // The first step is rate · 0.1 g / (√(0.001 g²) + 1e-7).
  const expected = Array.from({ length: 64 }, (_, i) => {
    const g = (64 + i) / 128;
    return i / 128 - (0.5 * 0.1 * g) / (Math.sqrt(0.001 * g * g) + 1e-7);
  });
  expectClose(await weights.data(), expected);
  plan.destroy();
});
