import { located } from '../caller.ts';
import { ALIGNMENT } from '../storage.ts';
import type { Tensor } from '../tensor.ts';
import { copyInto } from './copy.ts';

/**
 * Packs tensors into one flat vector of `size` elements, each at its entry of `starts` (multiples of 64), with zeros
 * between. Where possible they are computed in place, so that packing gradients for the optimiser costs nothing.
 * @throws RangeError if a start is not a multiple of 64.
 */
export function pack(tensors: readonly Tensor[], starts: readonly number[], size: number): Tensor {
  if (starts.some((start) => (start * 4) % ALIGNMENT !== 0))
    throw new RangeError(located('pack: every start must be a multiple of 64.'));
  return tensors[0]!.derive([size], {
    kind: 'kernel',
    name: 'pack',
    inputs: tensors,
    epilogue: false,
    prologue: false,
    lower: (lowering) =>
      tensors.flatMap((tensor, i) => {
        const copies = { source: lowering.input(tensor).buffer, offset: starts[i]! * 4 };
        return copyInto(lowering, tensor, { run: tensor.size, totalRun: tensor.size, start: starts[i]!, copies });
      }),
  });
}
