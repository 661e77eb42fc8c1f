import { located } from '../caller.ts';
import { ShapeError } from '../errors.ts';
import { formatShape, sizeOf } from '../shape.ts';
import { ALIGNMENT } from '../storage.ts';
import type { Tensor } from '../tensor.ts';
import { copyInto } from './copy.ts';
import { checkFloat } from './dtype.ts';
import { reshape, slice } from './movement.ts';

/**
 * Packs tensors into one flat vector of `size` elements, each at its entry of `starts` (multiples of 64), with zeros
 * between. Where possible they are computed in place, so that packing gradients for the optimiser costs nothing.
 * @throws ShapeError if there are no tensors, a start is missing, or a tensor reaches into the next or beyond `size`.
 * @throws RangeError if a start is not a multiple of 64, TypeError unless all tensors are float32.
 */
export function pack(tensors: readonly Tensor[], starts: readonly number[], size: number): Tensor {
  checkFloat('pack', ...tensors);
  if (tensors.length === 0 || tensors.length !== starts.length)
    throw new ShapeError(`pack: ${tensors.length} tensors and ${starts.length} starts; give each tensor its start.`);
  if (starts.some((start) => start < 0 || (start * 4) % ALIGNMENT !== 0))
    throw new RangeError(located('pack: every start must be a multiple of 64.'));
  const inOrder = tensors.map(({ shape }, i) => ({ shape, start: starts[i]! })).sort((a, b) => a.start - b.start);
  inOrder.forEach(({ shape, start }, i) => {
    const end = inOrder[i + 1]?.start ?? size;
    if (start + sizeOf(shape) > end) {
      throw new ShapeError(
        `pack: ${formatShape(shape)} holds ${sizeOf(shape)} elements, but its place is from ${start} to ${end}; move the starts apart or make the vector larger.`,
      );
    }
  });
  return tensors[0]!.derive([size], {
    kind: 'kernel',
    name: 'pack',
    inputs: tensors,
    epilogue: false,
    prologue: false,
    gradient: (g) =>
      tensors.map((tensor, i) => reshape(slice(g, [starts[i]!], [starts[i]! + tensor.size]), tensor.shape)),
    lower: (lowering) =>
      tensors.flatMap((tensor, i) => {
        const copies = { source: lowering.input(tensor).buffer, offset: starts[i]! * 4 };
        return copyInto(lowering, tensor, { run: tensor.size, totalRun: tensor.size, start: starts[i]!, copies });
      }),
  });
}
