import gatherKernel from '@hourglass/shaders/gather_rows.ts';
import scatterKernel from '@hourglass/shaders/scatter_rows.ts';
import { located } from '../caller.ts';
import { ShapeError } from '../errors.ts';
import { unshaped } from '../graph.ts';
import { formatShape, type Shape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** How a kernel reads WIDTH neighbouring elements of stored rows. */
const READ = {
  u8: {
    ROW_T: 'u32',
    ROW_VALUE: { 1: 'unpacked(rows[first / 4u] >> (first % 4u * 8u)).x', 4: 'unpacked(rows[first / 4u])' },
  },
  f32: { ROW_T: 'T', ROW_VALUE: { 1: 'rows[first]', 4: 'rows[first / 4u]' } },
} as const;

/** The bits of a NaN. */
const NOT_A_NUMBER = 0x7fc00000;

/**
 * Rows chosen by index: result[i, …] = rows[indices[i], …]. Rows [count, …] are float32, or stored bytes that become
 * numbers from 0 to 255; indices are u32 [n]. The gradient of a float32 row is the sum over all its copies in the
 * result; its kernel takes time in proportion to rows times indices.
 * @throws ShapeError unless the operands are rows and a vector of indices.
 * @throws RangeError if an index known to the host has no row. Such an index computed on the GPU gives a row of NaN.
 */
export function gatherRows(rows: Tensor, indices: Tensor): Tensor {
  const { dtype } = rows;
  if (dtype === 'u32' || rows.rank < 1 || indices.dtype !== 'u32' || indices.rank !== 1) {
    throw new ShapeError(
      `gatherRows: needs rows of bytes or float32 and a vector of u32 indices, not ${dtype} ${formatShape(rows.shape)} ` +
        `and ${indices.dtype} ${formatShape(indices.shape)}.`,
    );
  }
  const count = rows.shape[0]!;
  const largest = unshaped(indices).largest;
  if (largest !== undefined && largest >= count)
    throw new RangeError(located(`gatherRows: there is no row ${largest} in ${formatShape(rows.shape)}.`));
  const row = rows.shape.slice(1);
  const shape = [indices.size, ...row];
  return rows.derive(shape, {
    kind: 'kernel',
    name: 'gatherRows',
    inputs: [rows, indices],
    epilogue: true,
    prologue: false,
    batch: indices.size,
    gradient: (g) => (dtype === 'f32' ? [scatterRows(g, indices, rows.shape)] : []),
    lower: (lowering) => {
      const width = lowering.vectorWidth([sizeOf(row)]);
      const gathered = lowering.piece.share(indices.size);
      const { ROW_T, ROW_VALUE } = READ[dtype];
      return [
        lowering.dispatch(gatherKernel, {
          width,
          constants: {
            SIZE: gathered * sizeOf(row),
            ROWS: count,
            ROW_SIZE: sizeOf(row),
            ROW_T,
            ROW_VALUE: ROW_VALUE[width],
          },
          buffers: {
            rows: lowering.input(rows),
            indices: lowering.input(indices),
            output: lowering.share(lowering.output()),
            first_row: lowering.number(lowering.piece.before(indices.size)),
            none: lowering.number(NOT_A_NUMBER),
          },
          lanes: (gathered * sizeOf(row)) / width,
        }),
      ];
    },
  });
}

/** Zeros of `shape`, with each row of `g` added to the row that its index names. */
function scatterRows(g: Tensor, indices: Tensor, shape: Shape): Tensor {
  const row = sizeOf(shape.slice(1));
  return g.derive(shape, {
    kind: 'kernel',
    name: 'scatterRows',
    inputs: [g, indices],
    gradient: (gradient) => [gatherRows(gradient, indices)],
    epilogue: true,
    prologue: false,
    lower: (lowering) => {
      const width = lowering.vectorWidth([row]);
      return [
        lowering.dispatch(scatterKernel, {
          width,
          constants: { SIZE: sizeOf(shape), ROW_SIZE: row, COMPENSATED: true },
          buffers: {
            gradient: lowering.input(g),
            indices: lowering.input(indices),
            output: lowering.output(),
            given: { words: [indices.size, 0] },
          },
          lanes: sizeOf(shape) / width,
        }),
      ];
    },
  });
}
