import { openDevice } from '@hourglass/testing/device';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grad, where } from '../src/index.ts';
import {
  binary,
  ELEMENTWISE,
  type ElementwiseName,
  leakyRelu,
  literal,
  ternary,
  unary,
} from '../src/ops/elementwise.ts';
import type { Tensor } from '../src/tensor.ts';
import { broadcastPair, runs } from './arbitraries.ts';
import { checkOperation, expectClose, numbers, upload } from './check.ts';
import { elementwise, TWINS, type Values } from './reference.ts';

const device = await openDevice();
const software = await openDevice('software');
const names = Object.keys(ELEMENTWISE) as ElementwiseName[];
const arityOf = (name: ElementwiseName): number => ELEMENTWISE[name].gradient.length;

const engine = (name: ElementwiseName, a: Tensor, b?: Tensor, c?: Tensor): Tensor => {
  if (c !== undefined) return ternary(name, a, b!, c);
  if (b !== undefined) return binary(name, a, b);
  return name === 'leakyRelu' ? leakyRelu(a, 0.3) : unary(name, a);
};

const operands = (name: ElementwiseName, ...shapes: (readonly number[])[]): Values[] => {
  const { a, b, c } = TWINS[name];
  const ranges = [a, b, c].slice(0, arityOf(name));
  return ranges.map((range, i) => numbers(shapes[i] ?? shapes[0]!, i + 1, range ?? [-2, 2]));
};

const check = (name: ElementwiseName, a: readonly number[], b: readonly number[]): Promise<void> =>
  checkOperation(
    device,
    operands(name, a, b),
    (x, ...more) => engine(name, x!, ...more),
    (x, ...more) => elementwise(TWINS[name].f, x!, ...more),
  );

test('every row of the table has a twin, and every twin has a row', () => {
  expect(Object.keys(TWINS).sort()).toEqual([...names].sort());
});

describe.each(names)('%s', (name) => {
  test('forward and gradients', () => check(name, [3, 5], [3, 5]));

  // The gradients of Σ (∂y/∂xᵢ)² / 2 over all operands, compared with second differences of the twin.
  test('second derivatives', async () => {
    const values = operands(name, [3, 5]);
    const tensors = values.map((value) => upload(device, value));
    const first = grad(engine(name, ...(tensors as [Tensor, Tensor?, Tensor?])).sum(), tensors);
    const penalty = first.map((gradient) => gradient.square().sum()).reduce((sum, part) => sum.add(part));
    const second = grad(penalty.mul(0.5), tensors);
    await device.evaluate([...second]);
    const [h, x] = [2 ** -10, values.map(({ data }) => data)] as const;
    const f = (at: readonly number[]): number => TWINS[name].f(at[0]!, at[1] ?? 0, at[2] ?? 0);
    const moved = (at: readonly number[], i: number, by: number): number[] => at.map((v, k) => (k === i ? v + by : v));
    const slope = (at: readonly number[], i: number): number => (f(moved(at, i, h)) - f(moved(at, i, -h))) / (2 * h);
    for (const [i, gradient] of second.entries()) {
      const expected = Array.from(x[0]!, (_, e) => {
        const at = x.map((data) => data[e]!);
        const energy = (by: number): number => x.reduce((sum, _, k) => sum + slope(moved(at, i, by), k) ** 2 / 2, 0);
        return (energy(h) - energy(-h)) / (2 * h);
      });
      // The error of second differences is about h² = 1e-6 times derivatives of up to 100 here.
      expectClose(await gradient.data(), expected, `of operand ${i}`, 3e-4);
    }
  });
});

// The exponentials of a quotient's derivative would be infinite here.
test.each([
  ['softplus', (_: number, high: number, low: number) => high * low],
  ['silu', (x: number, high: number, low: number) => high * low * (2 + x * (low - high))],
] as const)('the second derivative of %s far from zero', async (name, exact) => {
  const numbers = [-1e20, -100, -89, -80, -20, -1, 0, 1, 20, 80, 89, 100, 1e20];
  const x = device.tensor(numbers);
  const [first] = grad(unary(name, x).sum(), [x]);
  const second = await grad(first.sum(), [x])[0].data();
  numbers.forEach((number, i) => {
    const expected = exact(number, 1 / (1 + Math.exp(-number)), 1 / (1 + Math.exp(number)));
    // A few roundings of the value; e⁸⁹ is already infinite in float32, so values near 2⁻¹²⁶ may be 0.
    expect(Math.abs(second[i]! - expected), `at ${number}`).toBeLessThanOrEqual(2e-6 * Math.abs(expected) + 2 ** -120);
  });
});

// As in PyTorch: like that of ReLU, which is flat on the other side of 0.
test('the second derivative of elu at 0 is 0', async () => {
  const x = device.tensor([0, -0]);
  const [first] = grad(x.elu().sum(), [x]);
  const [second] = grad(first.sum(), [x]);
  await device.evaluate([first, second]);
  expect([...(await first.data())]).toEqual([1, 1]);
  expect([...(await second.data()).map(Math.abs)]).toEqual([0, 0]);
});

test('third derivatives', async () => {
  const x = upload(device, numbers([7], 1));
  let y = x.tanh();
  for (let i = 0; i < 3; i++) [y] = grad(y.sum(), [x]);
  // (6 t² − 2)(1 − t²) with t = tanh x.
  const expected = numbers([7], 1).data.map((a) => (6 * Math.tanh(a) ** 2 - 2) * (1 - Math.tanh(a) ** 2));
  expectClose(await y.data(), expected);
});

test('where takes any condition except 0 as true, and the gradient goes to the chosen operand', () => {
  const condition = upload(device, numbers([2, 1, 5], 3))
    .less(0)
    .mul(-2);
  const chosen = elementwise((a) => (a < 0 ? -2 : 0), numbers([2, 1, 5], 3));
  return checkOperation(
    device,
    [numbers([3, 1], 1), numbers([5], 2)],
    (a, b) => where(condition, a!, b!),
    (a, b) => elementwise((c, p, q) => (c !== 0 ? p : q), chosen, a!, b!),
  );
});

test('where and clip take numbers too', async () => {
  const x = device.tensor([-2, -0.5, 0, 0.5, 2]);
  expect([...(await where(x, 1, -1).data())]).toEqual([1, 1, -1, 1, 1]);
  expect([...(await x.clip(-1, 0.25).data())]).toEqual([-1, -0.5, 0, 0.25, 0.25]);
  expect(() => x.clip(1, 0)).toThrow(RangeError);
});

test('stopGradient passes values on, but no gradient', async () => {
  const x = device.variable([1, 2, 3]);
  const y = x.square().stopGradient();
  const [through, only] = [grad(x.mul(y).sum(), [x])[0], grad(x.stopGradient().sum(), [x])[0]];
  expect([...(await through.data())]).toEqual([1, 4, 9]);
  expect([...(await only.data())]).toEqual([0, 0, 0]);
});

test.each([2, -1, 0.5, 3, 0, -2.5])('a number as exponent: %d', (exponent) =>
  checkOperation(
    device,
    [numbers([9], 1, [0.5, 3])],
    (x) => x!.pow(exponent),
    (x) => elementwise((a) => a ** exponent, x!),
  ),
);

// Powers above 64 are not products but exponentials, which have no sign.
test('large integer powers of negative numbers have the right sign', async () => {
  const x = [-1.05, -0.97, 1.02];
  for (const exponent of [65, 66, -65])
    expectClose(
      await device.tensor(x).pow(exponent).data(),
      x.map((a) => a ** exponent),
    );
});

test('broadcasting, either way round', async () => {
  const binaries = names.filter((name) => arityOf(name) > 1);
  await fc.assert(
    fc.asyncProperty(broadcastPair, fc.constantFrom(...binaries), fc.boolean(), ({ whole, part }, name, swapped) =>
      swapped ? check(name, part, whole) : check(name, whole, part),
    ),
    runs(20),
  );
});

test('both operands may be repeated', () => check('mul', [3, 1, 4], [5, 1]));

test('a number as the second operand', () =>
  checkOperation(
    device,
    [numbers([2, 3], 1)],
    (x) => x!.add(2).mul(-0.25).sub(1e-7).div(3).maximum(-0.1).minimum(0.2),
    (x) => elementwise((a) => Math.min(0.2, Math.max(-0.1, ((a + 2) * -0.25 - 1e-7) / 3)), x!),
  ));

test('one tensor as both operands', () =>
  checkOperation(
    device,
    [numbers([5], 1)],
    (x) => x!.mul(x!).add(x!),
    (x) => elementwise((a) => a * a + a, x!),
  ));

test('where a function is not differentiable, its gradient is the documented one', async () => {
  const zero = numbers([4], 0, [0, 0]);
  const constant = (value: number) => () => ({ shape: [4], data: new Float64Array(4).fill(value) });
  const dy = numbers([4], 99).data;
  const at = async (operation: (x: Tensor) => Tensor, slope: number): Promise<void> =>
    checkOperation(
      device,
      [zero],
      (x) => operation(x!),
      constant(0),
      () => [{ shape: [4], data: dy.map((g) => g * slope) }],
    );
  await at((x) => x.relu(), 0);
  await at((x) => x.abs(), 0);
  await at((x) => x.leakyRelu(), 0.3);
  await at((x) => x.leakyRelu(0.2), 0.2);
});

test('far from zero, sigmoid and tanh are equal to their limits, not NaN', async () => {
  const x = device.tensor([-3e38, -1000, -89, -20, 20, 89, 1000, 3e38]);
  expectClose(await x.tanh().data(), [-1, -1, -1, -1, 1, 1, 1, 1]);
  expectClose(await x.sigmoid().data(), [0, 0, 0, 0, 1, 1, 1, 1]);
});

/** Magnitudes from the least to the largest, spaced evenly by exponent. */
const magnitudes = (least: number, largest: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => least * (largest / least) ** (i / (count - 1)));
const signed = (values: Float32Array): Float32Array => Float32Array.from([...values, ...values.map((x) => -x)]);

/**
 * The allowed relative error: the roundings of the series' last steps, and of a division that an adapter may compute
 * slightly less exactly.
 */
const ROUNDINGS = 4 * 2 ** -24;

test.each([
  ['exp', signed(magnitudes(1e-9, 87, 5000)), Math.exp],
  ['log', magnitudes(2 ** -126, 3.4e38, 5000), Math.log],
  ['log', Float32Array.from({ length: 5000 }, (_, i) => 0.5 + i / 2500), Math.log],
  ['tanh', signed(magnitudes(1e-9, 20, 5000)), Math.tanh],
  ['sin', signed(magnitudes(1e-9, 3e38, 5000)), Math.sin],
  ['cos', signed(magnitudes(1e-9, 3e38, 5000)), Math.cos],
  ['sin', Float32Array.from({ length: 200 }, (_, i) => (i * Math.PI) / 2), Math.sin],
  ['cos', Float32Array.from({ length: 200 }, (_, i) => (i * Math.PI) / 2), Math.cos],
  ['elu', signed(magnitudes(1e-9, 20, 5000)), (x: number) => (x > 0 ? x : Math.expm1(x))],
  ['softplus', signed(magnitudes(1e-9, 80, 5000)), (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
] as const)('%s is accurate to a few roundings of its value, large or small', async (name, x, exact) => {
  const y = await unary(name, device.tensor(x)).data();
  const errors = [...x].map((a, i) => Math.abs(y[i]! - exact(a)) / Math.max(Math.abs(exact(a)), 2 ** -126));
  const worst = errors.reduce((most, error, i) => (error <= errors[most]! ? most : i), 0);
  expect(errors[worst], `${name}(${x[worst]}) is ${y[worst]}, not ${exact(x[worst]!)}`).toBeLessThanOrEqual(ROUNDINGS);
});

test('exp, log and tanh of infinity, zero and NaN', async () => {
  const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
  const x = device.tensor([none, infinite, -infinite, 0, 88.8, -104, -1]);
  expect([...(await x.exp().data())].slice(0, 6)).toEqual([none, infinite, 0, 1, infinite, 0]);
  expect([...(await x.tanh().data())].slice(0, 4)).toEqual([none, 1, -1, 0]);
  expect([...(await x.log().data())]).toEqual([
    none,
    infinite,
    none,
    -infinite,
    Math.fround(Math.log(88.8)),
    none,
    none,
  ]);
});

// NumPy's and PyTorch's results in float32. A compiler that sees the number 0 simplifies x · 0 to 0.
test('numbers that would break a compiler’s algebra: 0, infinity, NaN, beyond float32', async () => {
  const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
  const x = device.tensor([none, infinite, 1, 0]);
  const of = async (y: Tensor): Promise<number[]> => [...(await y.data())];
  expect(await of(x.mul(0))).toEqual([none, none, 0, 0]);
  expect(await of(x.mul(1e39))).toEqual([none, infinite, infinite, none]);
  expect(await of(x.add(none))).toEqual([none, none, none, none]);
  expect(await of(x.div(0))).toEqual([none, infinite, infinite, none]);
  expect(await of(x.div(infinite))).toEqual([none, none, 0, 0]);
  expect(await of(x.minimum(3.4028235e38))).toEqual([none, Math.fround(3.4028235e38), 1, 0]);
  const y = device.tensor([0]);
  const [gradient] = grad(y.sqrt().mul(0).sum(), [y]);
  expect(await of(gradient)).toEqual([none]);
});

test('x - x is NaN for infinity and NaN', async () => {
  const x = device.tensor([Number.NaN, Number.POSITIVE_INFINITY, 1, 2]);
  expect([...(await x.sub(x).data())]).toEqual([Number.NaN, Number.NaN, 0, 0]);
  const y = x.mul(2);
  expect([...(await y.sub(y).data())]).toEqual([Number.NaN, Number.NaN, 0, 0]);
});

test('numbers and offsets are not part of a kernel: other values reuse it', async () => {
  const x = device.tensor(
    new Float32Array(400).map((_, i) => i),
    [50, 8],
  );
  const row = async (i: number): Promise<number[]> => [
    ...(await x
      .slice([i, 0], [i + 1, 8])
      .mul(i / 10)
      .data()),
  ];
  await row(1);
  const { pipelines } = device.counters;
  for (const i of [2, 17, 49]) {
    expectClose(
      await row(i),
      Array.from({ length: 8 }, (_, k) => ((8 * i + k) * i) / 10),
    );
  }
  expect(device.counters.pipelines).toBe(pipelines);
});

test('extents that are not divisors are not part of a kernel: growing slices and sums reuse it', async () => {
  const x = software.tensor(
    new Float32Array(400 * 8).map((_, i) => i % 8),
    [400, 8],
  );
  const grown = async (n: number): Promise<number[]> => {
    const part = x.slice([0, 0], [n, 8]);
    const [doubled, sums] = [part.mul(2), part.sum(0)];
    await software.evaluate([doubled, sums]);
    expect(await doubled.data()).toEqual(Float32Array.from({ length: n * 8 }, (_, i) => (i % 8) * 2));
    return [...(await sums.data())];
  };
  // By one lane, and in parts. The tiles of GPUs have different workgroups for each length.
  for (const n of [3, 300]) await grown(n);
  const { pipelines } = software.counters;
  for (const n of [2, 5, 60, 129, 200, 371]) expect(await grown(n)).toEqual(Array.from({ length: 8 }, (_, k) => k * n));
  expect(software.counters.pipelines).toBe(pipelines);
});

test('numbers reach the kernel with all their digits', () => {
  for (const value of [0, 1, -1, 0.1, 1e-7, 1e21, 123456789, 2 ** -149]) {
    const text = literal(value);
    expect(Number(text)).toBe(value);
    expect(text).toMatch(/[.e]/); // WGSL would read it as an integer
  }
  expect(() => literal(Number.NaN)).toThrow(RangeError);
  expect(() => literal(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  expect(() => literal(1e39)).toThrow(RangeError);
  expect(Math.fround(Number(literal(3.4028235e38)))).toBe(Math.fround(3.4028235e38)); // texts stay below the limit
});
