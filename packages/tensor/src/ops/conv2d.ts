import convKernel from '@hourglass/shaders/conv2d.wgsl';
import weightGradientKernel from '@hourglass/shaders/conv2d_weight_gradient.wgsl';
import packKernel from '@hourglass/shaders/pack_weights.wgsl';
import { ShapeError } from '../errors.ts';
import { type Dispatch, folded, type Lowering, type Operand } from '../lowering.ts';
import { formatShape } from '../shape.ts';
import type { GradientRule, Tensor } from '../tensor.ts';
import { type Tiles, tilesForProduct } from '../tiles.ts';
import { checkFloat } from './dtype.ts';
import { sum } from './reduce.ts';

export interface ConvolutionOptions {
  /** Step between windows along both dimensions. Default 1. */
  readonly stride?: number;
  /** `same` (default): output = ceil(input / stride), zeros around; `valid`: windows that fit only. */
  readonly padding?: 'same' | 'valid';
}

/**
 * A convolution reads the `large` image [N, H, W, large channels] and writes the `small` one; its adjoint goes the other
 * way. Both use one kernel tensor [kh, kw, large channels, small channels], and each of the three functions below is the
 * derivative of the others.
 */
interface Geometry {
  readonly batch: number;
  readonly large: readonly [height: number, width: number, channels: number];
  readonly small: readonly [height: number, width: number, channels: number];
  readonly window: readonly [height: number, width: number];
  readonly stride: number;
  /** Zeros before the first row and column. */
  readonly pad: readonly [top: number, left: number];
}

/** Convolution as Keras's Conv2D. @throws ShapeError with both shapes if they don't fit. */
export function conv2d(x: Tensor, kernel: Tensor, { stride = 1, padding = 'same' }: ConvolutionOptions = {}): Tensor {
  checkOperands('conv2d', x, kernel, stride, 2);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kh, kw, , filters] = kernel.shape as [number, number, number, number];
  const [top, outHeight] = extent(height, kh, stride, padding);
  const [left, outWidth] = extent(width, kw, stride, padding);
  if (outHeight < 1 || outWidth < 1) {
    throw new ShapeError(
      `conv2d: an image of ${height}x${width} holds no whole window of ${kh}x${kw}; use padding 'same' or a smaller kernel.`,
    );
  }
  return correlate(x, kernel, {
    batch,
    large: [height, width, channels],
    small: [outHeight, outWidth, filters],
    window: [kh, kw],
    stride,
    pad: [top, left],
  });
}

/** Transposed convolution as Keras's Conv2DTranspose. @throws ShapeError with both shapes if they don't fit. */
export function conv2dTranspose(
  x: Tensor,
  kernel: Tensor,
  { stride = 1, padding = 'same' }: ConvolutionOptions = {},
): Tensor {
  checkOperands('conv2dTranspose', x, kernel, stride, 3);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kh, kw, filters] = kernel.shape as [number, number, number, number];
  const grown = (size: number, window: number): number =>
    padding === 'same' ? size * stride : size * stride + Math.max(window - stride, 0);
  const outHeight = grown(height, kh);
  const outWidth = grown(width, kw);
  return spread(x, kernel, {
    batch,
    large: [outHeight, outWidth, filters],
    small: [height, width, channels],
    window: [kh, kw],
    stride,
    pad: [extent(outHeight, kh, stride, padding)[0], extent(outWidth, kw, stride, padding)[0]],
  });
}

/** Keras's rule along one dimension: zeros before the input, and the output's extent. */
function extent(
  size: number,
  window: number,
  stride: number,
  padding: 'same' | 'valid',
): [before: number, output: number] {
  if (padding === 'valid') return [0, Math.floor((size - window) / stride) + 1];
  const output = Math.ceil(size / stride);
  return [Math.floor(Math.max((output - 1) * stride + window - size, 0) / 2), output];
}

function checkOperands(name: string, x: Tensor, kernel: Tensor, stride: number, channelAxis: number): void {
  checkFloat(name, x, kernel);
  if (x.rank !== 4 || kernel.rank !== 4 || x.shape[3] !== kernel.shape[channelAxis]) {
    const layout = channelAxis === 2 ? '[kh, kw, in, out]' : '[kh, kw, out, in]';
    throw new ShapeError(
      `${name}: input ${formatShape(x.shape)} and kernel ${formatShape(kernel.shape)} do not fit: ` +
        `the input must be [N, H, W, in] and the kernel ${layout} with the same number of input channels.`,
    );
  }
  if (!Number.isInteger(stride) || stride < 1) {
    throw new RangeError(`${name}: the stride is ${stride}; it must be a whole number of 1 or more.`);
  }
}

/** small[n, y, x, s] = Σ large[n, y·stride + ky − top, x·stride + kx − left, l] · w[ky, kx, l, s] */
function correlate(large: Tensor, w: Tensor, geometry: Geometry): Tensor {
  return product('conv2d', large, w, geometry, (g) => [spread(g, w, geometry), weightGradient(large, g, geometry)]);
}

/** The adjoint: large[n, y, x, l] = Σ small[n, (y + top − ky) / stride, …, s] · w[ky, kx, l, s] over whole quotients. */
function spread(small: Tensor, w: Tensor, geometry: Geometry): Tensor {
  return product('conv2dTranspose', small, w, geometry, (g) => [
    correlate(g, w, geometry),
    weightGradient(g, small, geometry),
  ]);
}

/** Either of them; of deep products with few results, parts that are then summed. */
function product(
  name: 'conv2d' | 'conv2dTranspose',
  input: Tensor,
  w: Tensor,
  geometry: Geometry,
  gradient: GradientRule,
): Tensor {
  const adjoint = name === 'conv2dTranspose';
  const parts = partsOf(input.device.tiles, geometry, adjoint);
  const { batch } = geometry;
  const extents = adjoint ? geometry.large : geometry.small;
  const kernel = {
    kind: 'kernel',
    name,
    inputs: [input, w],
    prologue: false,
    batch,
    lower: (lowering: Lowering) => lowerProduct(lowering, input, w, geometry, adjoint, parts),
  } as const;
  if (parts === 1) return input.derive([batch, ...extents], { ...kernel, epilogue: true, gradient });
  const total = sum(input.derive([batch, parts, ...extents], { ...kernel, epilogue: false }), 1);
  return total.derive(total.shape, { kind: 'reshape', name, inputs: [total], sources: [input, w], gradient });
}

/** w[ky, kx, l, s] = Σ_{n, y, x} large[n, y·stride + ky − top, x·stride + kx − left, l] · small[n, y, x, s] */
function weightGradient(large: Tensor, small: Tensor, geometry: Geometry): Tensor {
  const tiles = tilesForProduct(large.device.tiles, multiplyAdds(geometry));
  const { batch, window, stride, pad } = geometry;
  const [largeHeight, largeWidth, largeChannels] = geometry.large;
  const [height, width, channels] = geometry.small;
  const shape = [...window, largeChannels, channels];
  const pixels = batch * height * width;
  const largeWidthOfVector = largeChannels % 4 === 0 ? 4 : 1;
  const smallVector = channels % 4 === 0 ? 4 : 1;
  const columns = Math.min(channels / smallVector, tiles.gradientColumns);
  const rows = window[0] * window[1] * (largeChannels / largeWidthOfVector);
  const columnTiles = Math.ceil(channels / smallVector / columns);
  const workgroups = Math.ceil(rows / tiles.gradientLanes) * columnTiles;
  const wanted = Math.max(1, Math.min(Math.ceil(tiles.gradientWorkgroups / workgroups), Math.floor(pixels / 32)));
  const part = Math.ceil(pixels / wanted);
  const parts = Math.ceil(pixels / part);
  const partial = large.derive([parts, ...shape], {
    kind: 'kernel',
    name: 'conv2dWeightGradient',
    inputs: [large, small],
    epilogue: false,
    prologue: false,
    batch,
    lower: (lowering) => {
      const subgroup = lowering.subgroup(smallVector === 4 ? 'vec4f' : 'f32');
      // As many pixels as one load of each lane covers.
      const step = Math.max(1, Math.floor(tiles.subgroup / columns));
      return [
        lowering.dispatch({
          kernel: weightGradientKernel,
          multiplyAdds: multiplyAdds(geometry) / lowering.piece.count,
          constants: {
            LARGE_T: largeWidthOfVector === 4 ? 'vec4f' : 'f32',
            SMALL_T: smallVector === 4 ? 'vec4f' : 'f32',
            LARGE_HEIGHT: largeHeight,
            LARGE_WIDTH: largeWidth,
            LARGE_CHANNELS: largeChannels,
            LARGE_VECTOR: largeWidthOfVector,
            HEIGHT: height,
            WIDTH: width,
            COLUMNS: channels / smallVector,
            COLUMN_TILE: columns,
            WINDOW_WIDTH: window[1],
            STRIDE: stride,
            PAD_TOP: pad[0],
            PAD_LEFT: pad[1],
            ROWS: rows,
            PIXELS: pixels,
            PART: part,
            PIECE: pixels / lowering.piece.count,
            STEP: step,
            BLOCK: Math.ceil((step * columns) / tiles.subgroup),
            ...subgroup.constants,
          },
          functions: subgroup.functions,
          buffers: [
            lowering.part(lowering.input(large)),
            lowering.part(lowering.input(small)),
            lowering.output(),
            lowering.number((lowering.piece.index * pixels) / lowering.piece.count),
          ],
          workgroupSize: tiles.gradientLanes,
          workgroups: [Math.ceil(rows / tiles.gradientLanes), columnTiles, parts],
        }),
      ];
    },
  });
  const total = parts === 1 ? partial : sum(partial, 0);
  return total.derive(shape, {
    kind: 'reshape',
    name: 'conv2dWeightGradient',
    inputs: [total],
    sources: [large, small],
    gradient: (g) => [spread(small, g, geometry), correlate(large, g, geometry)],
  });
}

/** Input vectors of a tap that a lane adds at the least. */
const LEAST_CHUNK = 16;

/** How many parts of the input channels are added separately, so that enough lanes are busy. */
function partsOf(tiles: Tiles, geometry: Geometry, adjoint: boolean): number {
  const { convolutionPixels, convolutionColumns, productLanes } = tilesForProduct(tiles, multiplyAdds(geometry));
  const [source, target] = adjoint ? [geometry.small, geometry.large] : [geometry.large, geometry.small];
  const [height, width, channels] = target;
  const columns = tileColumns(channels, convolutionColumns);
  const lanes = Math.ceil((geometry.batch * height * width) / convolutionPixels) * Math.ceil(channels / (columns * 4));
  const parts = Math.min(Math.floor(productLanes / lanes), Math.floor(vectorsOf(source[2]) / LEAST_CHUNK));
  const chunk = Math.ceil(vectorsOf(source[2]) / Math.max(parts, 1));
  return Math.ceil(vectorsOf(source[2]) / chunk);
}

/** Input channels are read in vectors of four, or one by one if they are no multiple of four. */
const vectorsOf = (channels: number): number => (channels % 4 === 0 ? channels / 4 : channels);

const multiplyAdds = ({ batch, large, small, window }: Geometry): number =>
  batch * small[0] * small[1] * small[2] * window[0] * window[1] * large[2];

/**
 * Output channels are computed in tiles of this many vec4f: as many as registers hold, or a part of that which leaves no tile half
 * empty, if there is one of more than one.
 */
function tileColumns(channels: number, widest: number): number {
  const vectors = Math.ceil(channels / 4);
  if (vectors <= widest) return vectors;
  const even = Array.from({ length: widest - 1 }, (_, i) => widest - i).find((columns) => vectors % columns === 0);
  return even ?? widest;
}

function lowerProduct(
  lowering: Lowering,
  input: Tensor,
  w: Tensor,
  geometry: Geometry,
  adjoint: boolean,
  parts: number,
): Dispatch[] {
  const tiles = tilesForProduct(input.device.tiles, multiplyAdds(geometry));
  const { window, stride, pad } = geometry;
  const batch = geometry.batch / lowering.piece.count;
  const [source, target] = adjoint ? [geometry.small, geometry.large] : [geometry.large, geometry.small];
  const [inHeight, inWidth, inChannels] = source;
  const [outHeight, outWidth, outChannels] = target;
  const depth = window[0] * window[1] * inChannels;

  const columns = tileColumns(outChannels, tiles.convolutionColumns);
  const groups = Math.ceil(outChannels / (columns * 4));
  const inVector = inChannels % 4 === 0 ? 4 : 1;
  // Weights are read where they lie, by the adjoint four of its input channels at once; those of few channels are packed before.
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

  const pack = (scratch: Operand): Dispatch =>
    lowering.dispatch({
      kernel: packKernel,
      part: 'pack',
      constants: {
        LARGE_CHANNELS: geometry.large[2],
        SMALL_CHANNELS: geometry.small[2],
        ADJOINT: adjoint,
        DEPTH: depth,
        OUT_CHANNELS: outChannels,
        COLUMNS: columns,
        GROUPS: groups,
      },
      buffers: [lowering.input(w), scratch],
      lanes: groups * depth * columns,
    });

  // The adjoint walks the output phase by phase: within one, every pixel has the same taps and exact quotients.
  const outStride = adjoint ? stride : 1;
  const gridHeight = Math.ceil(outHeight / outStride);
  const gridWidth = Math.ceil(outWidth / outStride);
  const pixels = batch * gridHeight * gridWidth;
  const phases = outStride * outStride;
  const { row, rows } = folded(Math.ceil(pixels / tiles.convolutionPixels), tiles.convolutionLanes);
  const width = lowering.vectorWidth([outChannels]);
  const constants = {
    IN_T: inVector === 4 ? 'vec4f' : 'f32',
    IN_VECTOR: inVector,
    WIDTH: width,
    ADJOINT: adjoint,
    STRIDE: stride,
    OUT_STRIDE: outStride,
    PHASES: phases,
    PAD_TOP: pad[0],
    PAD_LEFT: pad[1],
    WINDOW_HEIGHT: window[0],
    WINDOW_WIDTH: window[1],
    IN_HEIGHT: inHeight,
    IN_WIDTH: inWidth,
    IN_CHANNELS: inChannels,
    OUT_HEIGHT: outHeight,
    OUT_WIDTH: outWidth,
    OUT_CHANNELS: outChannels,
    GRID_HEIGHT: gridHeight,
    GRID_WIDTH: gridWidth,
    PIXELS: pixels,
    PIXEL_TILE: tiles.convolutionPixels,
    COLUMNS: columns,
    PARTS: parts,
    PLANES: phases * rows,
    CHUNK: Math.ceil(vectorsOf(inChannels) / parts),
    ...layout,
    BLOCK: Math.ceil((inVector * columns) / tiles.subgroup),
  };
  const subgroup = lowering.subgroup('vec4f');
  return [
    ...(packed === undefined ? [] : [pack(packed)]),
    lowering.dispatch({
      kernel: convKernel,
      constants: { ...constants, ...subgroup.constants },
      multiplyAdds: multiplyAdds(geometry) / lowering.piece.count,
      functions: [lowering.epilogue(width), lowering.store(width), ...subgroup.functions],
      buffers: [lowering.part(lowering.input(input)), packed ?? lowering.input(w), lowering.part(lowering.output())],
      workgroupSize: tiles.convolutionLanes,
      workgroups: [row, groups, phases * rows * parts],
    }),
  ];
}
