import { located } from './caller.ts';
import { ShapeError } from './errors.ts';
import { MAX_SIZE } from './limits.ts';
import { describe } from './nested.ts';

/** The extent of each dimension, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** The number of elements. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, extent) => size * extent, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

/**
 * The common shape of two operands under NumPy's rule: aligned at the last dimension, extents equal or 1.
 * @throws ShapeError with both shapes if they don't fit.
 */
export function broadcastShapes(a: Shape, b: Shape, operation: string): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => {
    const m = a[d - rank + a.length] ?? 1;
    const n = b[d - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${operation}: shapes ${formatShape(a)} and ${formatShape(b)} do not fit: ` +
          `dimension ${d - rank} is ${m} on the left and ${n} on the right; they must be equal, or one of them 1.`,
      );
    }
    return m === 1 ? n : m;
  });
}

/** Strides that read a tensor of `shape` as if it had the shape `target`: 0 along every repeated dimension. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides = stridesOf(shape);
  return target.map((_, d) => {
    const own = d - target.length + shape.length;
    return own < 0 || shape[own] === 1 ? 0 : strides[own]!;
  });
}

/**
 * The axes as non-negative numbers, sorted; negative axes count from the end.
 * @throws ShapeError if an axis is out of range or named twice.
 */
export function normalizeAxes(axes: readonly number[], shape: Shape, operation: string): number[] {
  const normalized = axes.map((axis) => (axis < 0 ? axis + shape.length : axis)).sort((a, b) => a - b);
  normalized.forEach((axis, i) => {
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length || axis === normalized[i - 1]) {
      throw new ShapeError(
        `${operation}: axes [${axes.join(', ')}] do not fit shape ${formatShape(shape)}: ` +
          (shape.length === 0
            ? 'a scalar has no axes.'
            : `each must be a different whole number from ${-shape.length} to ${shape.length - 1}.`),
      );
    }
  });
  return normalized;
}

/** @throws TypeError unless a shape, or another argument, is a list */
export function checkList(list: readonly unknown[], operation: string): void {
  if (!Array.isArray(list))
    throw new TypeError(located(`${operation}: needs a list such as [2, 3], not ${describe(list)}.`));
}

/**
 * @throws ShapeError unless every extent is a positive whole number, and kernels can count the elements; TypeError
 *   unless the shape is a list.
 */
export function checkShape(shape: Shape, operation: string): void {
  checkList(shape, operation);
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new ShapeError(
      `${operation}: ${formatShape(shape)} is not a shape: every extent must be a positive whole number.`,
    );
  }
  checkSize(shape, operation);
}

/** @throws ShapeError if kernels cannot count the elements, even those of a tensor that is never stored. */
export function checkSize(shape: Shape, operation: string): void {
  const size = sizeOf(shape);
  if (size > MAX_SIZE) {
    throw new ShapeError(
      `${operation}: the result ${formatShape(shape)} would have ${size} elements, but a tensor has at most ${MAX_SIZE}; compute it in parts.`,
    );
  }
}

/** @throws RangeError unless every value is a whole number that fits in u32. */
export function checkIntegers(values: ArrayLike<number>, operation: string): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i]! >>> 0 !== values[i])
      throw new RangeError(located(`${operation}: ${values[i]} is no whole number from 0 to 4294967295.`));
  }
}
