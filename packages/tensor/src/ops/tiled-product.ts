import convKernel from '@hourglass/shaders/tiled_conv2d.ts';
import weightGradientKernel from '@hourglass/shaders/tiled_weight_gradient.ts';
import type { Dispatch } from '../dispatch.ts';
import type { Lowering } from '../lowering.ts';
import { WHOLE } from '../pieces.ts';
import { matrixOf, multiplyAdds, type Product } from '../product.ts';
import type { Tensor } from '../tensor.ts';
import { lanesOf, type TiledTile } from '../tiles.ts';
import { blockConstants, imageConstants, LONGEST, weightGradientConstants } from './product-constants.ts';

/** The minimum number of slices that a part adds. */
const LEAST_SLICES = 4;

/** The number of parts of the terms that are added separately, to keep enough workgroups busy. */
function partsOf(tile: TiledTile, tiles: number, slices: number): number {
  const wanted = Math.min(Math.floor(tile.workgroups / tiles), Math.floor(slices / LEAST_SLICES));
  const each = Math.ceil(slices / Math.max(1, wanted));
  return Math.ceil(slices / each);
}

/** The slices of a convolution or its adjoint: each holds the channels of one tap. */
function slicesOf(product: Product, { depth }: TiledTile): number {
  const { IN_CHANNELS: channels } = imageConstants(product, WHOLE);
  return (matrixOf(product).terms / channels) * Math.ceil(channels / depth);
}

export function tiledImageParts(product: Product, tile: TiledTile): number {
  const { PHASES: phases } = imageConstants(product, WHOLE);
  const { rows, columns } = matrixOf(product);
  const tiles = phases * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  return partsOf(tile, tiles, slicesOf(product, tile));
}

/** The number of pixels in a part of a weight gradient, so that no part adds too many terms. */
export function tiledPart(product: Product, tile: TiledTile): number {
  const { rows, columns, terms } = matrixOf(product);
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  const slices = Math.ceil(terms / tile.depth);
  const parts = Math.max(partsOf(tile, tiles, slices), Math.ceil(terms / LONGEST));
  return Math.ceil(slices / parts) * tile.depth;
}

/** How lanes share a tile. `deep` operands are contiguous in memory along the terms. */
function tileConstants(tile: TiledTile, deep: { readonly left: boolean; readonly right: boolean }) {
  const { rows, columns, depth, laneRows, laneColumns } = tile;
  const lanes = lanesOf(tile);
  return {
    ROWS: rows,
    COLUMNS: columns,
    DEPTH: depth,
    LANE_ROWS: laneRows,
    ROW_QUADS: laneRows / 4,
    COLUMN_QUADS: laneColumns / 4,
    DOWN: rows / laneRows,
    ACROSS: columns / laneColumns,
    LEFT_DEEP: deep.left,
    RIGHT_DEEP: deep.right,
    LEFT_COPIES: Math.ceil((rows * depth) / 16 / lanes),
    RIGHT_COPIES: Math.ceil((columns * depth) / 16 / lanes),
  };
}

const vectorOf = (channels: number): 1 | 4 => (channels % 4 === 0 ? 4 : 1);
const typeOf = (vector: 1 | 4): string => (vector === 4 ? 'vec4f' : 'f32');

export function lowerTiledImage(
  lowering: Lowering,
  product: Product,
  tile: TiledTile,
  input: Tensor,
  w: Tensor,
  parts: number,
): Dispatch[] {
  const adjoint = product.role === 'adjoint';
  const constants = imageConstants(product, lowering.piece);
  const { IN_CHANNELS: inChannels, OUT_CHANNELS: outChannels, PHASES: phases, PIXELS: pixels } = constants;
  const [inVector, weightVector] = [vectorOf(inChannels), vectorOf(adjoint ? inChannels : outChannels)];
  const width = lowering.vectorWidth([outChannels]);
  return [
    lowering.dispatch(convKernel, {
      width,
      constants: {
        ...constants,
        ...tileConstants(tile, { left: true, right: adjoint }),
        IN_T: typeOf(inVector),
        IN_VECTOR: inVector,
        WEIGHT_T: typeOf(weightVector),
        WEIGHT_VECTOR: weightVector,
        PARTS: parts,
        CHUNKS: Math.ceil(inChannels / tile.depth),
        ...blockConstants(matrixOf(product).terms / parts, slicesOf(product, tile) / parts, tile.depth),
      },
      multiplyAdds: lowering.piece.share(multiplyAdds(product.geometry)),
      buffers: {
        input: lowering.share(lowering.input(input)),
        weights: lowering.input(w),
        output: lowering.share(lowering.output()),
      },
      workgroupSize: lanesOf(tile),
      workgroups: [Math.ceil(pixels / tile.rows), Math.ceil(outChannels / tile.columns), phases * parts],
    }),
  ];
}

export function lowerTiledWeightGradient(
  lowering: Lowering,
  product: Product,
  tile: TiledTile,
  large: Tensor,
  small: Tensor,
  part: number,
): Dispatch[] {
  const { rows, columns } = matrixOf(product);
  const constants = weightGradientConstants(product, part, lowering.piece);
  const { PIXELS: pixels, LARGE_CHANNELS: largeChannels } = constants;
  const [largeVector, smallVector] = [vectorOf(largeChannels), vectorOf(columns)];
  return [
    lowering.dispatch(weightGradientKernel, {
      constants: {
        ...constants,
        ...tileConstants(tile, { left: false, right: false }),
        LARGE_T: typeOf(largeVector),
        LARGE_VECTOR: largeVector,
        SMALL_T: typeOf(smallVector),
        SMALL_VECTOR: smallVector,
        SMALL_CHANNELS: columns,
        SMALL_PART: smallVector === 4 ? 'four' : 'four[c]',
        ALL_ROWS: rows,
        // A part is one block.
        BLOCKED: false,
        BLOCK_STEPS: 1,
      },
      multiplyAdds: lowering.piece.share(multiplyAdds(product.geometry)),
      buffers: {
        large: lowering.share(lowering.input(large)),
        small: lowering.share(lowering.input(small)),
        partial: lowering.output(),
        piece_start: lowering.number(lowering.piece.before(pixels)),
      },
      workgroupSize: lanesOf(tile),
      workgroups: [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns), Math.ceil(pixels / part)],
    }),
  ];
}
