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
      checkNumbers([value], 'tensor');
      if (depth !== shape.length)
        throw new ShapeError(`tensor: the nested arrays are ragged at depth ${depth}: a number beside arrays.`);
      flat.push(value as number);
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

/** @throws TypeError if a value is not a number; text would be converted silently */
export function checkNumbers(values: ArrayLike<unknown>, operation: string): void {
  for (let i = 0; i < values.length; i++)
    if (typeof values[i] !== 'number')
      throw new TypeError(located(`${operation}: ${describe(values[i])} is no number.`));
}

/** A wrong argument in words. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `the text '${value.slice(0, 20)}'`;
  return `${value == null ? '' : `${typeof value} `}${String(value).slice(0, 20)}`;
}
