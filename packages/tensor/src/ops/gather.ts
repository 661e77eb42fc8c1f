import gatherKernel from '@hourglass/shaders/gather_rows.wgsl';
import { ShapeError } from '../errors.ts';
import { formatShape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Rows of stored bytes as float32: result[i, …] = bytes[indices[i], …], 0 to 255. Bytes [rows, …], indices u32 [n].
 * @throws ShapeError unless the operands are stored bytes and a vector of indices.
 */
export function gatherRows(bytes: Tensor, indices: Tensor): Tensor {
  if (bytes.dtype !== 'u8' || indices.dtype !== 'u32' || indices.rank !== 1) {
    throw new ShapeError(
      `gatherRows: needs bytes and a vector of u32 indices, not ${bytes.dtype} ${formatShape(bytes.shape)} ` +
        `and ${indices.dtype} ${formatShape(indices.shape)}.`,
    );
  }
  const row = bytes.shape.slice(1);
  const shape = [indices.size, ...row];
  return bytes.derive(shape, {
    kind: 'kernel',
    name: 'gatherRows',
    inputs: [bytes, indices],
    epilogue: true,
    prologue: false,
    gradient: () => [],
    lower: (lowering) => {
      const width = lowering.vectorWidth([sizeOf(row)]);
      return [
        lowering.dispatch({
          kernel: gatherKernel,
          constants: {
            SIZE: sizeOf(shape),
            ROW_SIZE: sizeOf(row),
            WIDTH: width,
            VALUES: width === 4 ? 'values' : 'values.x',
          },
          functions: [lowering.epilogue(width)],
          buffers: [lowering.input(bytes), lowering.input(indices), lowering.output()],
          lanes: sizeOf(shape) / width,
        }),
      ];
    },
  });
}
