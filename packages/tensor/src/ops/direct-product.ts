import convKernel from '@hourglass/shaders/conv2d.ts';
import weightGradientKernel from '@hourglass/shaders/conv2d_weight_gradient.ts';
import packKernel from '@hourglass/shaders/pack_weights.ts';
import type { Dispatch, MemoryOperand } from '../dispatch.ts';
import type { Lowering } from '../lowering.ts';
import { matrixOf, multiplyAdds, type Product } from '../product.ts';
import type { Tensor } from '../tensor.ts';
import type { DirectTile } from '../tiles.ts';
import {
  blockConstants,
  blockSteps,
  imageConstants,
  LONGEST,
  LONGEST_BLOCKED,
  weightGradientConstants,
} from './product-constants.ts';

/** The minimum number of input vectors per tap that a lane adds. */
const LEAST_CHUNK = 16;
/** The minimum number of pixels in a part of a weight gradient. */
const LEAST_PART = 32;

/**
 * The number of parts of the input channels that are added separately: enough to keep the lanes busy and to limit the
 * terms per lane.
 */
export function directImageParts({ role, geometry }: Product, tile: DirectTile): number {
  const [source, target] = role === 'adjoint' ? [geometry.small, geometry.large] : [geometry.large, geometry.small];
  const [height, width, channels] = target;
  const columns = tileColumns(channels, tile.columns);
  const lanes = Math.ceil((geometry.batch * height * width) / tile.pixels) * Math.ceil(channels / (columns * 4));
  const wanted = Math.floor((tile.workgroups * tile.lanes) / lanes);
  const busy = Math.min(wanted, Math.floor(vectorsOf(source[2]) / LEAST_CHUNK));
  const parts = Math.max(busy, Math.ceil(matrixOf({ role, geometry }).terms / LONGEST_BLOCKED));
  const chunk = Math.ceil(vectorsOf(source[2]) / Math.max(parts, 1));
  return Math.ceil(vectorsOf(source[2]) / chunk);
}

/** Input channels are read in vectors of four, or one by one if their number is not a multiple of four. */
const vectorsOf = (channels: number): number => (channels % 4 === 0 ? channels / 4 : channels);

/**
 * The number of vec4f of output channels in a tile: at most `widest`, which is what registers hold. If there are more
 * vectors, a divisor of their number above 1 is preferred, so that no tile is partly empty.
 */
function tileColumns(channels: number, widest: number): number {
  const vectors = Math.ceil(channels / 4);
  if (vectors <= widest) return vectors;
  const even = Array.from({ length: widest - 1 }, (_, i) => widest - i).find((columns) => vectors % columns === 0);
  return even ?? widest;
}

export function lowerDirectImage(
  lowering: Lowering,
  product: Product,
  tile: DirectTile,
  input: Tensor,
  w: Tensor,
  parts: number,
): Dispatch[] {
  const { geometry, role } = product;
  const adjoint = role === 'adjoint';
  const constants = imageConstants(product, lowering.piece);
  const { IN_CHANNELS: inChannels, OUT_CHANNELS: outChannels, PHASES: phases, PIXELS: pixels } = constants;
  const { subgroup } = input.device.tiles;
  const depth = geometry.window[0] * geometry.window[1] * inChannels;

  const columns = tileColumns(outChannels, tile.columns);
  const groups = Math.ceil(outChannels / (columns * 4));
  const inVector = inChannels % 4 === 0 ? 4 : 1;
  // Weights are read in place if the output channels fill whole tiles. The adjoint then reads four of its input
  // channels at once, so their number must also be a multiple of four. Other weights are packed first.
  // Strides are in vec4f.
  const whole = outChannels % (columns * 4) === 0;
  const turned = adjoint && inVector === 4 && whole;
  const inOrder = !adjoint && whole;
  const packed = turned || inOrder ? undefined : lowering.scratch(groups * depth * columns * 16);
  const vectors = inOrder ? outChannels / 4 : columns;
  const layout = turned
    ? {
        WEIGHT: 'vec4f(given[0][k], given[1][k], given[2][k], given[3][k])',
        GROUP_STRIDE: columns * inChannels,
        COLUMN_STRIDE: inChannels,
        ROW_STRIDE: inChannels / 4,
        STEP: 1,
        TAP_STRIDE: (outChannels / 4) * inChannels,
      }
    : {
        WEIGHT: 'given[k]',
        GROUP_STRIDE: inOrder ? columns : depth * columns,
        COLUMN_STRIDE: 1,
        ROW_STRIDE: vectors,
        STEP: inVector * vectors,
        TAP_STRIDE: inChannels * vectors,
      };

  const pack = (scratch: MemoryOperand): Dispatch =>
    lowering.dispatch(packKernel, {
      task: 'pack',
      constants: {
        LARGE_CHANNELS: geometry.large[2],
        SMALL_CHANNELS: geometry.small[2],
        ADJOINT: adjoint,
        DEPTH: depth,
        OUT_CHANNELS: outChannels,
        COLUMNS: columns,
        GROUPS: groups,
      },
      buffers: { weights: lowering.input(w), packed: scratch },
      lanes: groups * depth * columns,
    });

  const chunk = Math.ceil(vectorsOf(inChannels) / parts);
  const width = lowering.vectorWidth([outChannels]);
  return [
    ...(packed === undefined ? [] : [pack(packed)]),
    lowering.dispatch(convKernel, {
      width,
      shared: 'vec4f',
      constants: {
        ...constants,
        IN_T: inVector === 4 ? 'vec4f' : 'f32',
        IN_VECTOR: inVector,
        PIXEL_TILE: tile.pixels,
        COLUMNS: columns,
        PARTS: parts,
        CHUNK: chunk,
        ...layout,
        BLOCK: Math.ceil((inVector * columns) / subgroup),
        ...blockConstants(depth / parts, chunk, inVector),
        BLOCK_TAPS: blockSteps(depth / parts, geometry.window[0] * geometry.window[1], 1),
      },
      multiplyAdds: lowering.piece.share(multiplyAdds(geometry)),
      buffers: {
        input: lowering.share(lowering.input(input)),
        weights: packed ?? lowering.input(w),
        output: lowering.share(lowering.output()),
      },
      workgroupSize: tile.lanes,
      workgroups: [Math.ceil(pixels / tile.pixels / tile.lanes), groups, phases * parts],
    }),
  ];
}

/** The rows of weights and columns of channel vectors, and how lanes and workgroups divide them. */
function weightGradientTile({ geometry }: Product, tile: DirectTile) {
  const { window, large, small } = geometry;
  const largeVector = large[2] % 4 === 0 ? 4 : 1;
  const smallVector = small[2] % 4 === 0 ? 4 : 1;
  const columns = Math.min(small[2] / smallVector, tile.columns);
  const rows = window[0] * window[1] * (large[2] / largeVector);
  const columnTiles = Math.ceil(small[2] / smallVector / columns);
  return { largeVector, smallVector, columns, rows, columnTiles, rowTiles: Math.ceil(rows / tile.lanes) };
}

/**
 * The number of pixels in a part of a weight gradient: few enough to keep the workgroups busy and to limit the terms of
 * a sum.
 */
export function directPart(product: Product, tile: DirectTile): number {
  const { batch, small } = product.geometry;
  const { columnTiles, rowTiles } = weightGradientTile(product, tile);
  const pixels = batch * small[0] * small[1];
  const wanted = Math.min(Math.ceil(tile.workgroups / (rowTiles * columnTiles)), Math.floor(pixels / LEAST_PART));
  return Math.ceil(pixels / Math.max(wanted, Math.ceil(pixels / LONGEST)));
}

export function lowerDirectWeightGradient(
  lowering: Lowering,
  product: Product,
  tile: DirectTile,
  large: Tensor,
  small: Tensor,
  part: number,
): Dispatch[] {
  const { geometry } = product;
  const { largeVector, smallVector, columns, rows, columnTiles, rowTiles } = weightGradientTile(product, tile);
  const { subgroup: lanes } = large.device.tiles;
  const constants = weightGradientConstants(product, part, lowering.piece);
  const { PIXELS: pixels } = constants;
  // The pixels that one load per lane covers.
  const step = Math.max(1, Math.floor(lanes / columns));
  return [
    lowering.dispatch(weightGradientKernel, {
      shared: smallVector === 4 ? 'vec4f' : 'f32',
      multiplyAdds: lowering.piece.share(multiplyAdds(geometry)),
      constants: {
        ...constants,
        LARGE_T: largeVector === 4 ? 'vec4f' : 'f32',
        SMALL_T: smallVector === 4 ? 'vec4f' : 'f32',
        LARGE_VECTOR: largeVector,
        COLUMNS: geometry.small[2] / smallVector,
        COLUMN_TILE: columns,
        ROWS: rows,
        STEP: step,
        BLOCK: Math.ceil((step * columns) / lanes),
      },
      buffers: {
        large: lowering.share(lowering.input(large)),
        small: lowering.share(lowering.input(small)),
        partial: lowering.output(),
        piece_start: lowering.number(lowering.piece.before(pixels)),
      },
      workgroupSize: tile.lanes,
      workgroups: [rowTiles, columnTiles, Math.ceil(pixels / part)],
    }),
  ];
}
