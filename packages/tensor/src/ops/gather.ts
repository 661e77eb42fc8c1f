import gatherKernel from '@hourglass/shaders/gather_rows.wgsl';
import { ShapeError } from '../errors.ts';
import { formatShape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** How a kernel reads WIDTH neighbouring elements of stored rows. */
const READ = {
  u8: {
    ROW_T: 'u32',
    ROW_VALUE: { 1: 'unpacked(rows[first / 4u] >> (first % 4u * 8u)).x', 4: 'unpacked(rows[first / 4u])' },
  },
  f32: { ROW_T: 'T', ROW_VALUE: { 1: 'rows[first]', 4: 'rows[first / 4u]' } },
} as const;

/**
 * Rows chosen by index: result[i, …] = rows[indices[i], …]. Rows [count, …] are float32, or stored bytes that become numbers from
 * 0 to 255; indices are u32 [n]. Data have no gradient.
 * @throws ShapeError unless the operands are rows and a vector of indices.
 */
export function gatherRows(rows: Tensor, indices: Tensor): Tensor {
  const { dtype } = rows;
  if (dtype === 'u32' || rows.rank < 1 || indices.dtype !== 'u32' || indices.rank !== 1) {
    throw new ShapeError(
      `gatherRows: needs rows of bytes or float32 and a vector of u32 indices, not ${dtype} ${formatShape(rows.shape)} ` +
        `and ${indices.dtype} ${formatShape(indices.shape)}.`,
    );
  }
  const row = rows.shape.slice(1);
  const shape = [indices.size, ...row];
  return rows.derive(shape, {
    kind: 'kernel',
    name: 'gatherRows',
    inputs: [rows, indices],
    epilogue: true,
    prologue: false,
    batch: indices.size,
    gradient: () => [],
    lower: (lowering) => {
      const width = lowering.vectorWidth([sizeOf(row)]);
      const count = indices.size / lowering.piece.count;
      const { ROW_T, ROW_VALUE } = READ[dtype];
      return [
        lowering.dispatch({
          kernel: gatherKernel,
          constants: {
            SIZE: count * sizeOf(row),
            ROW_SIZE: sizeOf(row),
            WIDTH: width,
            ROW_T,
            ROW_VALUE: ROW_VALUE[width],
          },
          functions: [lowering.epilogue(width)],
          buffers: [
            lowering.input(rows),
            lowering.input(indices),
            lowering.part(lowering.output()),
            lowering.number(lowering.piece.index * count),
          ],
          lanes: (count * sizeOf(row)) / width,
        }),
      ];
    },
  });
}
