import eachElement from '@hourglass/shaders/each_element.ts';
import { located } from '../caller.ts';
import { MAX_LEAVES } from '../limits.ts';
import { checkShape, type Shape, sizeOf } from '../shape.ts';
import type { Node, Tensor } from '../tensor.ts';
import { calledBy } from '../wgsl.ts';
import { byFormulas, formula, type Operands } from './elementwise.ts';

/**
 * An element-wise operation of your own: `wgsl` is a formula over `operands`, tensors and numbers under names of one letter, and is fused as
 * the engine's own operations are. In it, `T` is f32 or vec4f: write numbers as `T(0.5)`, choose with `select(no, yes, condition)`. Beside
 * WGSL's functions there are `exponentials`, `logarithms`, `hyperbolic_tangents`, `sines`, `cosines`, `powers(a, b)`, which give the same
 * digits on every adapter. Shapes broadcast.
 *
 * The gradient is the derivative of the formula, as often as you differentiate. `gradients` replaces it: by the name of an operand a formula
 * over the operands, `g` (the gradient of the result) and `y` (the result); operands that it leaves out get none.
 *
 * @example const swish = elementwise('swish', 'x / (T(1) + exponentials(-b * x))', { x, b: 1.5 });
 * @throws RangeError if a name is no letter, or the formula names a variable that `operands` lacks; or if they are more than 7 tensors.
 * @throws TypeError unless an operand is a tensor, and all of them float32.
 * @throws ShapeError with the shapes that do not fit.
 */
export function elementwise(
  name: string,
  wgsl: string,
  operands: Operands,
  gradients?: Readonly<Record<string, string>>,
): Tensor {
  const letters = Object.keys(operands);
  const known = gradients === undefined ? letters : [...letters, 'g', 'y'];
  const named = [wgsl, ...Object.values(gradients ?? {})].flatMap((text) => text.match(/\b[a-z]\b/g) ?? []);
  const wrong = letters.find((letter) => !/^[a-z]$/.test(letter)) ?? named.find((letter) => !known.includes(letter));
  if (wrong !== undefined)
    throw new RangeError(
      located(`${name}: '${wrong}' is no operand; they are ${letters.join(', ')}, and have names of one letter.`),
    );
  if (Object.values(operands).every((operand) => typeof operand === 'number'))
    throw new TypeError(located(`${name}: needs a tensor among its operands.`));
  return formula(name, wgsl, operands, gradients && { gradient: byFormulas(name, operands, gradients) });
}

/** What {@link kernel} makes an operation of. */
export interface KernelDefinition {
  /** For reports and errors. */
  readonly name: string;
  /** Up to 7 tensors by the names under which the text reads them: `array<f32>`, of u32 tensors `array<u32>`, row-major. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Of the result. */
  readonly shape: Shape;
  /** Of the result; default float32. Whole numbers are what `gatherRows` takes. */
  readonly dtype?: 'f32' | 'u32';
  /** WGSL with a function `element(e: u32) -> f32` (of u32 results `-> u32`) that gives element e of the result, row-major, and what it calls. */
  readonly wgsl: string;
  /** Constants that the text may name. Other values make another kernel. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** From the gradient of the result, and the result, the gradients of inputs by name; what it leaves out gets none. */
  readonly gradient?: (gradient: Tensor, result: Tensor) => Readonly<Record<string, Tensor>>;
}

/** Nothing is fused to whole numbers. */
const UNCHANGED = 'fn epilogue(e: u32, value: u32) -> u32 { return value; }';

/**
 * An operation with a kernel of your own: one call of `element` for each element of the result. Element-wise operations on the result join
 * the kernel. A gradient made of operations that have gradients can be differentiated again.
 * @throws RangeError if a name can't be one of WGSL's, or there are no inputs or more than 7.
 * @throws TypeError if an input holds bytes.
 */
export function kernel({
  name,
  inputs,
  shape,
  dtype = 'f32',
  wgsl,
  constants = {},
  gradient,
}: KernelDefinition): Tensor {
  checkShape(shape, name);
  const entries = Object.entries(inputs);
  if (entries.length === 0 || entries.length > MAX_LEAVES)
    throw new RangeError(
      located(`${name}: has ${entries.length} inputs; a kernel reads from 1 to ${MAX_LEAVES} tensors.`),
    );
  for (const [input, { dtype }] of entries) {
    if (!/^[a-zA-Z]\w*$/.test(input) || input === 'output')
      throw new RangeError(
        located(`${name}: an input can't be called '${input}'; take letters and digits, and not 'output'.`),
      );
    if (dtype === 'u8')
      throw new TypeError(located(`${name}: '${input}' holds bytes; gatherRows makes numbers of them.`));
  }
  const declared = entries.map(
    ([input, { dtype }], i) => `@group(0) @binding(${i + 1}) var<storage, read> ${input}: array<${dtype}>;`,
  );
  const declaration = {
    ...eachElement,
    calls: calledBy([wgsl], 1),
    bindings: { ...eachElement.bindings, ...Object.fromEntries(entries.map(([input]) => [input, 'read' as const])) },
    ...(dtype === 'u32' && { fused: [] }),
  };
  const [[, first]] = entries as [[string, Tensor]];
  const node: Node = {
    kind: 'kernel',
    name,
    inputs: entries.map(([, input]) => input),
    epilogue: dtype === 'f32',
    prologue: false,
    ...(gradient && {
      gradient: (g: Tensor, y: Tensor) => {
        const gradients = gradient(g, y);
        return entries.map(([input]) => gradients[input]);
      },
    }),
    lower: (lowering) => [
      lowering.dispatch(declaration, {
        constants: { ...constants, SIZE: sizeOf(shape), OUT: dtype },
        functions: {
          bind: `fn bind() {\n${entries.map(([input]) => `  _ = &${input};`).join('\n')}\n}`,
          element: [...declared, wgsl, ...(dtype === 'u32' ? [UNCHANGED] : [])].join('\n'),
        },
        buffers: {
          output: lowering.output(),
          ...Object.fromEntries(entries.map(([input, tensor]) => [input, lowering.input(tensor)])),
        },
        lanes: sizeOf(shape),
      }),
    ],
  };
  return first.derive(shape, node, dtype);
}
