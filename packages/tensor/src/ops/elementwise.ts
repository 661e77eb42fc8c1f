import { located } from '../caller.ts';
import { differentiate } from '../differentiate.ts';
import { MAX_LEAVES } from '../limits.ts';
import { broadcastShapes, type Shape } from '../shape.ts';
import type { GradientRule, Tensor } from '../tensor.ts';
import { checkFloat } from './dtype.ts';
import { sumTo } from './reduce.ts';

/**
 * An element-wise operation as WGSL over `T`, which is f32 or vec4f, and `I`, the same number of i32. `a`, `b` and `c`
 * are the operands, `y` is the result and `g` the gradient of the result. If a derivative needs only `y`, the operands
 * can be freed. Functions whose rounding WGSL leaves to the adapter are replaced by those of `LIFTED` in wgsl.ts, with
 * plural names, and those of `extremes.wgsl`. At zeros, infinities and NaN, a row gives PyTorch's results: see
 * docs/numbers.md. `differentiate` provides the gradients of gradients.
 */
export interface ElementwiseRow {
  readonly forward: string;
  /** The gradient of each operand. */
  readonly gradient: readonly string[];
}

/** Every element-wise operation. Fusion, kernels and the gradient tests all enumerate this table. */
export const ELEMENTWISE = {
  add: { forward: 'a + b', gradient: ['g', 'g'] },
  sub: { forward: 'a - b', gradient: ['g', '-g'] },
  mul: { forward: 'a * b', gradient: ['g * b', 'g * a'] },
  div: { forward: 'a / b', gradient: ['g / b', '-g * (y / b)'] },
  maximum: {
    forward: 'larger(a, b)',
    gradient: ['select(halved(a, b, g), T(0), a < b)', 'select(halved(a, b, g), T(0), b < a)'],
  },
  minimum: {
    forward: 'smaller(a, b)',
    gradient: ['select(halved(a, b, g), T(0), b < a)', 'select(halved(a, b, g), T(0), a < b)'],
  },
  less: { forward: 'select(T(0), T(1), a < b)', gradient: ['T(0)', 'T(0)'] },
  pow: {
    forward: 'powers(a, b)',
    gradient: [
      'select(g * (b * powers(a, b - T(1))), T(0), b == T(0))',
      'select(g * (y * logarithms(a)), T(0), (a == T(0)) & (b >= T(0)))',
    ],
  },
  where: {
    forward: 'select(c, b, (bitcast<I>(a) & I(0x7fffffff)) != I(0))',
    gradient: [
      'T(0)',
      'select(T(0), g, (bitcast<I>(a) & I(0x7fffffff)) != I(0))',
      'select(g, T(0), (bitcast<I>(a) & I(0x7fffffff)) != I(0))',
    ],
  },
  clip: {
    forward: 'smaller(larger(a, b), c)',
    gradient: [
      'select(T(0), g, (a >= b) & (a <= c))',
      'select(T(0), g, (b < c) & (a < b))',
      'select(T(0), g, (a > c) | (c < b))',
    ],
  },
  neg: { forward: '-a', gradient: ['-g'] },
  exp: { forward: 'exponentials(a)', gradient: ['g * y'] },
  log: { forward: 'logarithms(a)', gradient: ['g / a'] },
  sqrt: { forward: 'sqrt(a)', gradient: ['g * T(0.5) / y'] },
  reciprocal: { forward: 'T(1) / a', gradient: ['-g * (y * y)'] },
  square: { forward: 'a * a', gradient: ['T(2) * g * a'] },
  abs: { forward: 'abs(a)', gradient: ['g * signs(a)'] },
  sigmoid: { forward: 'T(1) / (T(1) + exponentials(-a))', gradient: ['g * y * (T(1) - y)'] },
  tanh: { forward: 'hyperbolic_tangents(a)', gradient: ['g * (T(1) - y * y)'] },
  sin: { forward: 'sines(a)', gradient: ['g * cosines(a)'] },
  cos: { forward: 'cosines(a)', gradient: ['-g * sines(a)'] },
  relu: { forward: 'rectified(a)', gradient: ['select(g, T(0), bitcast<I>(y) == I(0))'] },
  leakyRelu: {
    forward: 'select(T(SLOPE) * a, a, a > T(0))',
    gradient: ['select(T(SLOPE) * g, g, y > T(0))'],
  },
  // Computes eᵃ − 1 as (eᵃ + 1) · tanh(a / 2), which is accurate near 0 too.
  elu: {
    forward: 'select(hyperbolic_tangents(T(0.5) * a) * (exponentials(a) + T(1)), a, a > T(0))',
    gradient: ['select(g, g * exponentials(a), a < T(0))'],
  },
  gelu: {
    forward: 'a * cumulative_normals(a)',
    gradient: ['g * (cumulative_normals(a) + a * (T(0.3989422804014327) * exponentials(T(-0.5) * a * a)))'],
  },
  silu: {
    forward: 'scaled_sigmoids(a, a)',
    gradient: ['scaled_sigmoids(g, a) * (T(1) + a * scaled_sigmoids(T(1), -a))'],
  },
  softplus: { forward: 'softpluses(a)', gradient: ['scaled_sigmoids(g, a)'] },
} as const satisfies Record<string, ElementwiseRow>;

export type ElementwiseName = keyof typeof ELEMENTWISE;

export function unary(name: ElementwiseName, a: Tensor): Tensor {
  return apply(name, ELEMENTWISE[name], [a]);
}

export function binary(name: ElementwiseName, a: Tensor, b: Tensor | number): Tensor {
  return apply(name, ELEMENTWISE[name], [a, b]);
}

export function ternary(name: ElementwiseName, a: Tensor, b: Tensor | number, c: Tensor | number): Tensor {
  return apply(name, ELEMENTWISE[name], [a, b, c]);
}

/**
 * `a` where `condition` is not 0 (NaN is not 0), else `b`, as PyTorch's `where`. All three broadcast. The gradient
 * goes to the chosen operand.
 * @throws ShapeError with the shapes that do not fit.
 */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  return ternary('where', condition, a, b);
}

/** @throws RangeError if both limits are numbers, and `low` is above `high` or one is NaN. */
export function clip(x: Tensor, low: Tensor | number, high: Tensor | number): Tensor {
  if (typeof low === 'number' && typeof high === 'number' && !(low <= high))
    throw new RangeError(located(`clip: nothing lies between ${low} and ${high}; the lower limit comes first.`));
  return ternary('clip', x, low, high);
}

/** @throws RangeError if the slope is below 0 or NaN. */
export function leakyRelu(a: Tensor, slope: number): Tensor {
  if (!(slope >= 0)) throw new RangeError(located(`leakyRelu: the slope is ${slope}; it must be 0 or more.`));
  const withSlope = (formula: string): string => formula.replaceAll('SLOPE', literal(slope));
  const { forward, gradient } = ELEMENTWISE.leakyRelu;
  return apply('leakyRelu', { forward: withSlope(forward), gradient: gradient.map(withSlope) }, [a]);
}

/**
 * A number as WGSL text with all its digits: WGSL uses them in constant expressions such as 1 - β.
 * @throws RangeError if it is beyond the range of float32
 */
export function literal(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded))
    throw new RangeError(located(`${value} can't be written into a kernel; use a finite number that float32 holds.`));
  // A number slightly above float32's largest rounds down to it, but WGSL rejects the text.
  const text = String(Math.abs(value) > LARGEST ? rounded : value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const LARGEST = 2 ** 128 - 2 ** 104;

function apply(name: string, row: ElementwiseRow, operands: readonly (Tensor | number)[]): Tensor {
  const values = Object.fromEntries(operands.map((operand, i) => ['abc'[i]!, operand]));
  const gradients = Object.fromEntries(row.gradient.map((text, i) => ['abc'[i]!, text]));
  return formula(name, row.forward, values, { gradient: byFormulas(name, values, gradients) });
}

/** The values of a formula's variables. */
export type Operands = Readonly<Record<string, Tensor | number>>;

/**
 * A gradient rule with one formula per operand, over the operands, `g` and `y`. Operands without a formula get no
 * gradient.
 */
export function byFormulas(
  name: string,
  values: Operands,
  gradients: Readonly<Record<string, string | undefined>>,
): GradientRule {
  return (g, y) =>
    Object.entries(values).flatMap(([variable, operand]) =>
      typeof operand === 'number' ? [] : [derivative(name, gradients[variable], { ...values, g, y }, operand)],
    );
}

/** The gradient of one operand; it retains only the tensors that its formula names. */
function derivative(name: string, text: string | undefined, values: Operands, of: Tensor): Tensor | undefined {
  if (text === undefined || text === 'T(0)') return undefined;
  const used = Object.entries(values).filter(([variable]) => new RegExp(`\\b${variable}\\b`).test(text));
  const value = text === 'g' ? (values.g as Tensor) : formula(`${name}Gradient`, text, Object.fromEntries(used));
  return sumTo(value, of.shape);
}

/**
 * The default gradient rule of a formula: its derivatives times the upstream gradient, which is named by a letter that
 * the formula does not use.
 */
export const byDifferentiation =
  (name: string, text: string, values: Operands): GradientRule =>
  (g) => {
    const upstream = [...'ghijklmnopqrstuvwxyz'].find((letter) => !(letter in values))!;
    return Object.entries(values).flatMap(([variable, operand]) => {
      if (typeof operand === 'number') return [];
      const rate = differentiate(text, variable);
      if (rate === '0') return [undefined];
      if (rate === '1') return [sumTo(g, operand.shape)];
      return [derivative(name, `${upstream} * (${rate})`, { ...values, [upstream]: g }, operand)];
    });
  };

/**
 * An operation made of one formula over named tensors and numbers, for operations that the table's rows would compute
 * in too many steps. Each name is one letter; all shapes broadcast. The default gradient is that of
 * {@link differentiate}.
 * @throws TypeError if a tensor is not float32, RangeError if there are more than 7, ShapeError with the shapes that do
 *   not fit.
 */
export function formula(
  name: string,
  text: string,
  values: Operands,
  { gradient = byDifferentiation(name, text, values), sources }: FormulaRule = {},
): Tensor {
  const operands = Object.values(values);
  const inputs = operands.filter((operand) => typeof operand !== 'number');
  checkFloat(name, ...inputs);
  const { size } = new Set(inputs);
  if (size > MAX_LEAVES) {
    throw new RangeError(
      located(`${name}: a formula reads ${size} tensors, but a kernel at most ${MAX_LEAVES}; make several of it.`),
    );
  }
  const shape = inputs.reduce<Shape>((common, { shape }) => broadcastShapes(common, shape, name), inputs[0]!.shape);
  return inputs[0]!.derive(shape, {
    kind: 'elementwise',
    name,
    formula: text,
    variables: Object.keys(values),
    operands,
    inputs,
    gradient,
    ...(sources === undefined ? {} : { sources }),
  });
}

interface FormulaRule {
  readonly gradient?: GradientRule;
  readonly sources?: readonly Tensor[];
}
