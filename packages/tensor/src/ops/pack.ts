import concatKernel from '@hourglass/shaders/concat.wgsl';
import { ALIGNMENT } from '../storage.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Tensors in one flat vector of `size` elements, each from its `starts` on (multiples of 64); zeros between. A tensor that
 * nothing else reads is computed where it ends up, so that packing gradients for the optimiser costs nothing.
 * @throws RangeError if a start is not a multiple of 64.
 */
export function pack(tensors: readonly Tensor[], starts: readonly number[], size: number): Tensor {
  const places = starts.map((start) => start * 4);
  if (places.some((place) => place % ALIGNMENT !== 0))
    throw new RangeError('pack: every start must be a multiple of 64.');
  return tensors[0]!.derive([size], {
    kind: 'kernel',
    name: 'pack',
    inputs: tensors,
    epilogue: false,
    prologue: false,
    places,
    lower: (lowering) =>
      tensors.flatMap((tensor, i) =>
        lowering.isPlaced(tensor)
          ? []
          : [
              lowering.dispatch({
                kernel: concatKernel,
                constants: { SIZE: tensor.size, RUN: tensor.size, TOTAL_RUN: size, START: starts[i]! },
                buffers: [lowering.input(tensor), lowering.output()],
                lanes: tensor.size,
              }),
            ],
      ),
  });
}
