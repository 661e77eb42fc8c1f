import { broadcastShapes, type Shape } from '../shape.ts';
import type { GradientRule, Tensor } from '../tensor.ts';
import { checkFloat } from './dtype.ts';
import { sumTo } from './reduce.ts';

/**
 * An element-wise operation as WGSL over `T`, which stands for f32 or vec4f, and `I`, as many i32. `a` and `b` are the operands,
 * `y` the result, `g` the gradient of the result. A derivative that can be told from `y` alone lets the operands be forgotten.
 * Functions that WGSL leaves to the adapter are those of `series.wgsl`, in the plural, and those of `extremes.wgsl`. What a row
 * gives at zeros, infinities and NaN is PyTorch's: see docs/numbers.md.
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
  neg: { forward: '-a', gradient: ['-g'] },
  exp: { forward: 'exponentials(a)', gradient: ['g * y'] },
  log: { forward: 'logarithms(a)', gradient: ['g / a'] },
  sqrt: { forward: 'sqrt(a)', gradient: ['g * T(0.5) / y'] },
  reciprocal: { forward: 'T(1) / a', gradient: ['-g * (y * y)'] },
  square: { forward: 'a * a', gradient: ['T(2) * g * a'] },
  abs: { forward: 'abs(a)', gradient: ['g * signs(a)'] },
  sigmoid: { forward: 'T(1) / (T(1) + exponentials(-a))', gradient: ['g * y * (T(1) - y)'] },
  tanh: { forward: 'hyperbolic_tangents(a)', gradient: ['g * (T(1) - y * y)'] },
  relu: { forward: 'rectified(a)', gradient: ['select(g, T(0), bitcast<I>(y) == I(0))'] },
  leakyRelu: {
    forward: 'select(T(SLOPE) * a, a, a > T(0))',
    gradient: ['select(T(SLOPE) * g, g, y > T(0))'],
  },
} as const satisfies Record<string, ElementwiseRow>;

export type ElementwiseName = keyof typeof ELEMENTWISE;

export function unary(name: ElementwiseName, a: Tensor): Tensor {
  return apply(name, ELEMENTWISE[name], [a]);
}

export function binary(name: ElementwiseName, a: Tensor, b: Tensor | number): Tensor {
  return apply(name, ELEMENTWISE[name], [a, b]);
}

export function leakyRelu(a: Tensor, slope: number): Tensor {
  if (!(slope >= 0)) throw new RangeError(`leakyRelu: the slope is ${slope}; it must be 0 or more.`);
  const withSlope = (formula: string): string => formula.replaceAll('SLOPE', literal(slope));
  const { forward, gradient } = ELEMENTWISE.leakyRelu;
  return apply('leakyRelu', { forward: withSlope(forward), gradient: gradient.map(withSlope) }, [a]);
}

/**
 * A number as WGSL text with all its digits: WGSL computes with them among constants, as in 1 - β.
 * @throws RangeError if float32 does not hold it
 */
export function literal(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded))
    throw new RangeError(`${value} can't be written into a kernel; use a finite number that float32 holds.`);
  // Float32 rounds what is a little above its largest number down to it; WGSL refuses the text.
  const text = String(Math.abs(value) > LARGEST ? rounded : value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const LARGEST = 2 ** 128 - 2 ** 104;

function apply(name: string, row: ElementwiseRow, operands: readonly (Tensor | number)[]): Tensor {
  const tensors = operands.filter((operand): operand is Tensor => typeof operand !== 'number');
  checkFloat(name, ...tensors);
  const shape = tensors.reduce<Shape>(
    (common, tensor) => broadcastShapes(common, tensor.shape, name),
    tensors[0]!.shape,
  );
  return tensors[0]!.derive(shape, {
    kind: 'elementwise',
    name,
    formula: row.forward,
    variables: ['a', 'b'].slice(0, operands.length),
    operands,
    inputs: tensors,
    gradient: (g, y) =>
      operands.flatMap((operand, i) =>
        typeof operand === 'number'
          ? []
          : [
              sumTo(
                derivative(`${name}Gradient`, row.gradient[i]!, { a: operands[0], b: operands[1], g, y }),
                operand.shape,
              ),
            ],
      ),
  });
}

/** The node of one derivative formula; it keeps only the tensors that the formula names. */
function derivative(
  name: string,
  formula: string,
  values: Readonly<Record<string, Tensor | number | undefined>>,
): Tensor {
  const variables = Object.keys(values).filter((variable) => new RegExp(`\\b${variable}\\b`).test(formula));
  const operands = variables.map((variable) => values[variable]!);
  const inputs = operands.filter((operand): operand is Tensor => typeof operand !== 'number');
  const g = values.g as Tensor;
  if (formula === 'g') return g;
  return g.derive(g.shape, { kind: 'elementwise', name, formula, variables, operands, inputs });
}

/**
 * An operation made of one formula over named tensors and numbers, for those that the table's rows would compute in too many steps. Each
 * name is one letter; all shapes broadcast.
 */
export function formula(
  name: string,
  text: string,
  values: Readonly<Record<string, Tensor | number>>,
  rule: { readonly gradient?: GradientRule; readonly sources?: readonly Tensor[] } = {},
): Tensor {
  const operands = Object.values(values);
  const inputs = operands.filter((operand) => typeof operand !== 'number');
  const shape = inputs.reduce<Shape>((common, { shape }) => broadcastShapes(common, shape, name), []);
  return inputs[0]!.derive(shape, {
    kind: 'elementwise',
    name,
    formula: text,
    variables: Object.keys(values),
    operands,
    inputs,
    ...rule,
  });
}
