import { located } from '../caller.ts';
import type { Tensor } from '../tensor.ts';

/** @throws TypeError if an operand is not float32: bytes and indices have their own operations. */
export function checkFloat(operation: string, ...operands: readonly Tensor[]): void {
  const wrong = operands.find(({ dtype }) => dtype !== 'f32');
  if (wrong !== undefined)
    throw new TypeError(
      located(`${operation}: needs float32 operands, not ${wrong.dtype}; gatherRows makes numbers of bytes.`),
    );
}
