import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
// Only the public API of the package.
import { checkGradients, elementwise, grad, kernel, type Tensor } from '../src/index.ts';
import { expectClose, numbers, upload } from './check.ts';

const device = await openDevice();
const x = () => upload(device, numbers([3, 5], 1));

const swish = (t: Tensor, b: Tensor | number): Tensor =>
  elementwise('swish', 'x / (T(1) + exponentials(-b * x))', { x: t, b });

test('a user-defined element-wise operation, with the gradient of its formula', async () => {
  const values = numbers([3, 5], 1).data;
  expectClose(
    await swish(x(), 1.5).data(),
    values.map((a) => a / (1 + Math.exp(-1.5 * a))),
  );
  await checkGradients((a, b) => swish(a!, b!), [x(), device.tensor([0.5, 1, 1.5, 2, 2.5])]);
  // Second derivatives too.
  await checkGradients((a) => grad(swish(a!, 1.5).sum(), [a!])[0], [x()]);
});

test('a given gradient replaces it', async () => {
  const step = (t: Tensor): Tensor => elementwise('step', 'select(T(0), T(1), x > T(0))', { x: t }, { x: 'g' });
  const input = x();
  const [straight] = grad(step(input).mul(3).sum(), [input]);
  expect([...(await straight.data())]).toEqual(new Array(15).fill(3));
});

/** The cumulative sums of each row of x [rows, columns]; from the end if `reverse`. */
function cumulativeSum(input: Tensor, reverse = false): Tensor {
  return kernel({
    name: 'cumulativeSum',
    inputs: { x: input },
    shape: input.shape,
    constants: { COLUMNS: input.shape[1]!, REVERSE: reverse },
    wgsl: `
      fn element(e: u32) -> f32 {
        let start = e / COLUMNS * COLUMNS;
        var first = start;
        var last = e;
        if (REVERSE) { first = e; last = start + COLUMNS - 1u; }
        var sum = 0.0;
        for (var i = first; i <= last; i++) { sum += x[i]; }
        return sum;
      }`,
    gradient: (g) => ({ x: cumulativeSum(g, !reverse) }),
  });
}

test('a user-defined kernel, with its gradient', async () => {
  const { data } = numbers([3, 5], 1);
  const expected = data.map((_, e) => data.slice(e - (e % 5), e + 1).reduce((sum, value) => sum + value, 0));
  expectClose(await cumulativeSum(x()).data(), expected);
  expectClose(
    await cumulativeSum(x()).square().data(), // fused
    expected.map((sum) => sum ** 2),
  );
  await checkGradients((a) => cumulativeSum(a!).square(), [x()]);
  await checkGradients((a) => grad(cumulativeSum(a!).square().square().sum(), [a!])[0], [x()], { tolerance: 0.03 });
});

test('a kernel may read u32 too, and need not read every input', async () => {
  const picked = kernel({
    name: 'pick',
    inputs: { values: device.tensor([10, 20, 30]), at: device.integers([2, 0]), spare: device.tensor(1) },
    shape: [2],
    wgsl: 'fn element(e: u32) -> f32 { return values[at[e]]; }',
  });
  expect([...(await picked.data())]).toEqual([30, 10]);
});

test('beside given gradients, no operand is called like the gradient or the result', () => {
  const values = { g: x(), y: x(), a: x() };
  expect(() => elementwise('sq', 'y * y', { y: values.y }, { y: 'T(2) * g * y' })).toThrow(/can't be called 'y'/);
  expect(() => elementwise('sq', 'g * g', { g: values.g }, { g: 'T(2) * g' })).toThrow(RangeError);
  expect(() => elementwise('sq', 'a * g', { a: values.a }, { a: 'g' })).toThrow(/'g' is no operand/);
  expect(() => elementwise('sq', 'a * a', { a: values.a }, { b: 'g' })).toThrow(/'b' is no operand/);
});

test('operands called g and y have the gradients of the formula', async () => {
  await checkGradients((g, y) => elementwise('product', 'g * g * y', { g: g!, y: y! }), [x(), x()]);
});

test('a kernel whose gradient has a wrong name or shape', () => {
  const input = x();
  const doubled = (gradient: (g: Tensor) => Record<string, Tensor>) =>
    kernel({
      name: 'doubled',
      inputs: { x: input },
      shape: [3, 5],
      wgsl: 'fn element(e: u32) -> f32 { return 2.0 * x[e]; }',
      gradient,
    });
  expect(() => grad(doubled((g) => ({ y: g })).sum(), [input])).toThrow(/'y' has shape \[3, 5\].*no such input/);
  expect(() => grad(doubled((g) => ({ x: g.sum(0) })).sum(), [input])).toThrow(
    /shape \[5\], but the input has \[3, 5\]/,
  );
});

test('wrong gradients are found and reported by element', async () => {
  const wrong = (t: Tensor): Tensor => elementwise('wrong', 'x * x', { x: t }, { x: 'g * x' });
  await expect(checkGradients((a) => wrong(a!), [device.tensor([1, 2])])).rejects.toThrow(
    /input 0 \[2\], element \d, the gradient is/,
  );
});

test('invalid operations throw, and say what is wrong', async () => {
  expect(() => elementwise('f', 'x + z', { x: x() })).toThrow("f: 'z' is no operand; they are x");
  expect(() => elementwise('f', 'x', { xs: x() })).toThrow("'xs' is no operand");
  expect(() => elementwise('f', 'a', { a: 1 })).toThrow(TypeError);
  const eight = Object.fromEntries([...'abcdefgh'].map((name) => [name, device.zeros([2])]));
  expect(() => elementwise('f', 'a+b+c+d+e+f+g+h', eight)).toThrow('at most 7');
  const input = x();
  const rounded = elementwise('r', 'round(x)', { x: input });
  expect(() => grad(rounded.sum(), [input])).toThrow(/round has no derivative.*give the operation its gradients/);
  // The compiler's message, and the line.
  await expect(elementwise('f', 'x + nothing', { x: x() }).data()).rejects.toThrow(
    /refuses the kernel of f, .*nothing.* in `let v1 = v0 \+ nothing;`/,
  );
  const of = { name: 'k', shape: [2], wgsl: 'fn element(e: u32) -> f32 { return 0.0; }' };
  expect(() => kernel({ ...of, inputs: {} })).toThrow('has 0 inputs');
  expect(() => kernel({ ...of, inputs: { output: input } })).toThrow("can't be called 'output'");
  expect(() => grad(kernel({ ...of, inputs: { input } }).sum(), [input])).toThrow('k has no gradient');
});
