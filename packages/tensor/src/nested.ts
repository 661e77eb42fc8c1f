import { located } from './caller.ts';
import { ShapeError } from './errors.ts';
import type { Shape } from './shape.ts';

/** Numbers in nested arrays, one level for each dimension. */
export type Nested = number | readonly Nested[];

/**
 * The numbers in row-major order, and the shape of the nesting.
 * @throws ShapeError if the arrays are ragged, TypeError if an element is not a number
 */
export function flatten(values: Nested | Float32Array): [flat: Float32Array, shape: Shape] {
  if (values instanceof Float32Array) return [values, [values.length]];
  const shape: number[] = [];
  for (let level: unknown = values; isList(level); level = level[0]) shape.push(level.length);
  const flat: number[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (!isList(value)) {
      if (typeof value !== 'number') throw new TypeError(located(`tensor: ${describe(value)} is no number.`));
      if (depth !== shape.length)
        throw new ShapeError(`tensor: the nested arrays are ragged at depth ${depth}: a number beside arrays.`);
      flat.push(value);
    } else if (value.length === shape[depth]) {
      for (const inner of value) visit(inner, depth + 1);
    } else {
      throw new ShapeError(
        `tensor: the nested arrays are ragged at depth ${depth}: ${value.length} and ${shape[depth]} entries.`,
      );
    }
  };
  visit(values, 0);
  return [Float32Array.from(flat), shape];
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value) || ArrayBuffer.isView(value);

const describe = (value: unknown): string =>
  typeof value === 'string' ? `the text '${value.slice(0, 20)}'` : `${typeof value} ${String(value).slice(0, 20)}`;
