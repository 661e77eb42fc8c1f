import eachElement from '@hourglass/shaders/each_element.ts';
import { located } from '../caller.ts';
import { ShapeError } from '../errors.ts';
import { MAX_LEAVES } from '../limits.ts';
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from '../shape.ts';
import type { Node, Tensor } from '../tensor.ts';
import { calledBy } from '../wgsl.ts';
import { byFormulas, formula, type Operands } from './elementwise.ts';

/**
 * An element-wise operation that you define: `wgsl` is a formula over `operands`, which are tensors and numbers with
 * one-letter names. It is fused like the engine's own operations. In the formula, `T` is f32 or vec4f: write numbers as
 * `T(0.5)`, and choose with `select(no, yes, condition)`. Besides WGSL's functions it may call `exponentials`,
 * `logarithms`, `hyperbolic_tangents`, `sines`, `cosines`, `powers(a, b)` and `scaled_sigmoids(a, b)`, which is
 * a / (1 + e⁻ᵇ); they give the same digits on every adapter. Shapes broadcast.
 *
 * The gradient is the derivative of the formula, to any order. `gradients` replaces it: it maps the name of an operand
 * to a formula over the operands, `g` (the gradient of the result) and `y` (the result). Omitted operands get no
 * gradient.
 *
 * @example const swish = elementwise('swish', 'scaled_sigmoids(x, b * x)', { x, b: 1.5 });
 * @throws RangeError if a name is not one letter, or is `g` or `y` beside `gradients`, a formula or gradient names a
 *   variable that `operands` lacks, or there are more than 7 tensors.
 * @throws TypeError unless at least one operand is a tensor and all tensors are float32.
 * @throws ShapeError with the shapes that do not fit.
 */
export function elementwise(
  name: string,
  wgsl: string,
  operands: Operands,
  gradients?: Readonly<Record<string, string | undefined>>,
): Tensor {
  const letters = Object.keys(operands);
  const own = gradients === undefined ? [] : ['g', 'y'];
  const shadowed = letters.find((letter) => own.includes(letter));
  if (shadowed !== undefined)
    throw new RangeError(
      located(`${name}: an operand can't be called '${shadowed}', because g and y have a meaning in \`gradients\`.`),
    );
  const lettersIn = (text = ''): readonly string[] => text.match(/\b[a-z]\b/g) ?? [];
  const unknown = (named: readonly string[], known: readonly string[]) => named.find((name) => !known.includes(name));
  const wrong =
    letters.find((letter) => !/^[a-z]$/.test(letter)) ??
    unknown([...lettersIn(wgsl), ...Object.keys(gradients ?? {})], letters) ??
    unknown(Object.values(gradients ?? {}).flatMap(lettersIn), [...letters, ...own]);
  if (wrong !== undefined)
    throw new RangeError(
      located(`${name}: '${wrong}' is no operand; they are ${letters.join(', ')}, and have names of one letter.`),
    );
  if (Object.values(operands).every((operand) => typeof operand === 'number'))
    throw new TypeError(located(`${name}: needs a tensor among its operands.`));
  return formula(name, wgsl, operands, gradients && { gradient: byFormulas(name, operands, gradients) });
}

/** The definition of an operation, for {@link kernel}. */
export interface KernelDefinition {
  /** The name in reports and errors. */
  readonly name: string;
  /** Up to 7 tensors, keyed by their names in the WGSL: `array<f32>`, or `array<u32>` for u32 tensors, row-major. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The shape of the result. */
  readonly shape: Shape;
  /** The type of the result; default float32. `gatherRows` takes u32 indices. */
  readonly dtype?: 'f32' | 'u32' | undefined;
  /**
   * WGSL with a function `element(e: u32) -> f32` (`-> u32` for u32 results) that returns element e of the result,
   * row-major, and the functions that it calls.
   */
  readonly wgsl: string;
  /** Constants that the WGSL may name. Different values make a different kernel. */
  readonly constants?: Readonly<Record<string, number | boolean>> | undefined;
  /**
   * Maps the gradient of the result, and the result, to the gradients of inputs by name, each of the input's shape.
   * Omitted inputs get none. `grad` throws ShapeError if a name or shape is wrong.
   */
  readonly gradient?: ((gradient: Tensor, result: Tensor) => Readonly<Record<string, Tensor | undefined>>) | undefined;
}

/** The epilogue of kernels with u32 results, into which nothing is fused. */
const UNCHANGED = 'fn epilogue(e: u32, value: u32) -> u32 { return value; }';

/**
 * An operation with a kernel that you define: it calls `element` once for each element of the result. Element-wise
 * operations on the result are fused into the kernel. A gradient made of operations that have gradients can be
 * differentiated again.
 * @throws RangeError if an input's name can't be used in the WGSL, or there are no inputs or more than 7.
 * @throws TypeError if an input holds bytes, ShapeError unless every extent of the shape is a positive whole number.
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
        for (const [input, given] of Object.entries(gradients)) {
          const shape = inputs[input]?.shape;
          if (given !== undefined && (shape === undefined || !sameShape(given.shape, shape))) {
            throw new ShapeError(
              `${name}: the gradient of '${input}' has shape ${formatShape(given.shape)}, but ` +
                `${shape === undefined ? 'there is no such input' : `the input has ${formatShape(shape)}`}.`,
            );
          }
        }
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
