import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { elementwise as formula, grad, type Tensor } from '../src/index.ts';
import { checkOperation, numbers } from './check.ts';
import { elementwise, normal } from './reference.ts';

const device = await openDevice();

type Function = (x: number, y: number) => number;

/**
 * Formulas and the functions they compute: each function that has a derivative, and each form that a formula can take.
 */
const FORMULAS: readonly (readonly [text: string, f: Function])[] = [
  ['exponentials(x)', Math.exp],
  ['logarithms(x)', Math.log],
  ['hyperbolic_tangents(x)', Math.tanh],
  ['sines(x)', Math.sin],
  ['cosines(x)', Math.cos],
  ['sqrt(x)', Math.sqrt],
  ['scaled_sigmoids(x, y)', (x, y) => x / (1 + Math.exp(-y))],
  ['softpluses(x)', (x) => Math.log1p(Math.exp(x))],
  ['cumulative_normals(x)', normal],
  ['abs(x - y)', (x, y) => Math.abs(x - y)],
  ['rectified(x - y)', (x, y) => Math.max(x - y, 0)],
  ['signs(x - y) * x', (x, y) => Math.sign(x - y) * x],
  ['floor(x) * x', (x) => Math.floor(x) * x],
  ['powers(x, y)', (x, y) => x ** y],
  ['larger(x, y) * x', (x, y) => Math.max(x, y) * x],
  ['smaller(x, y) * x', (x, y) => Math.min(x, y) * x],
  ['sines(exponentials(x))', (x) => Math.sin(Math.exp(x))],
  ['x / (y / x)', (x, y) => x / (y / x)],
  ['y - (x * y - (x - y))', (x, y) => y - (x * y - (x - y))],
  ['-x * -(x + y)', (x, y) => x * (x + y)],
  ['select(x, y * y, x < y)', (x, y) => (x < y ? y * y : x)],
];

test.each(FORMULAS)('the derivatives of %s are those of the function', (text, f) => {
  const [x, y] = [numbers([7], 1, [0.5, 2]), numbers([7], 2, [0.5, 2])];
  const inputs = /\by\b/.test(text) ? [x, y] : [x];
  const operands = (tensors: readonly Tensor[]) =>
    Object.fromEntries(tensors.map((tensor, i) => ['xy'[i]!, tensor] as const));
  return checkOperation(
    device,
    inputs,
    (...tensors) => formula('f', text, operands(tensors)),
    (a, b) => elementwise(f, a!, b),
  );
});

test('each of two equal operands gets half the gradient, through halved too', async () => {
  const [x, y, z] = [device.tensor([1, 1]), device.tensor([1, 2]), device.tensor([3, 5])];
  const of = async (text: string, by: Tensor): Promise<number[]> => {
    const operands = Object.entries({ x, y, z }).filter(([name]) => text.includes(name));
    return [...(await grad(formula('f', text, Object.fromEntries(operands)).sum(), [by])[0].data())];
  };
  expect(await of('larger(x, y)', y)).toEqual([0.5, 1]);
  expect(await of('smaller(x, y)', y)).toEqual([0.5, 0]);
  expect(await of('halved(x, y, z)', z)).toEqual([0.5, 1]);
});
