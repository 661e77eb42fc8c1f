import { located } from '../caller.ts';
import { describe } from '../nested.ts';
import type { Tensor } from '../tensor.ts';

/** @throws TypeError if an operand is no tensor or not float32: bytes and indices have their own operations. */
export function checkFloat(operation: string, ...operands: readonly Tensor[]): void {
  for (const operand of operands) {
    const dtype = (operand as Partial<Tensor> | undefined)?.dtype;
    if (dtype === 'f32') continue;
    throw new TypeError(
      located(
        dtype === undefined
          ? `${operation}: ${describe(operand)} is no tensor${typeof operand === 'number' ? '' : ' or number'}${(operand as unknown) instanceof Promise ? '; await it first' : ''}.`
          : `${operation}: needs float32 operands, not ${dtype}; gatherRows makes numbers of bytes.`,
      ),
    );
  }
}
