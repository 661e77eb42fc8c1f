import { located } from '../caller.ts';
import { ShapeError } from '../errors.ts';
import type { Lowering } from '../lowering.ts';
import type { Geometry, Product } from '../product.ts';
import { formatShape } from '../shape.ts';
import type { GradientRule, Tensor } from '../tensor.ts';
import type { ProductTile } from '../tiles.ts';
import { directImageParts, directPart, lowerDirectImage, lowerDirectWeightGradient } from './direct-product.ts';
import { checkFloat } from './dtype.ts';
import { sum } from './reduce.ts';
import { lowerTiledImage, lowerTiledWeightGradient, tiledImageParts, tiledPart } from './tiled-product.ts';

/** How the windows of {@link Tensor.conv2d} are placed. */
export interface ConvolutionOptions {
  /** Step between windows, along both dimensions or [down, across]. Default 1. */
  readonly stride?: number | readonly [down: number, across: number] | undefined;
  /** `same` (default): pads with zeros to output = ceil(input / stride); `valid`: only windows that fit. */
  readonly padding?: 'same' | 'valid' | undefined;
}

/** How the windows of {@link Tensor.conv2dTranspose} are placed. */
export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /**
   * Height and width of the result: any size that the convolution maps to the size of this input. Default with `same`:
   * the input's size times the stride. Default with `valid`: the smallest size that holds all windows, and at least the
   * input's size times the stride.
   */
  readonly outputSize?: readonly [height: number, width: number] | undefined;
}

/**
 * Convolution as in Keras's Conv2D.
 * @throws ShapeError with both shapes if they don't fit, RangeError for a stride or padding that
 *   {@link ConvolutionOptions} does not allow
 */
export function conv2d(
  x: Tensor,
  kernel: Tensor,
  { stride: step = 1, padding = 'same' }: ConvolutionOptions = {},
): Tensor {
  const stride = checkOperands('conv2d', x, kernel, step, padding, 2);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kh, kw, , filters] = kernel.shape as [number, number, number, number];
  const [top, outHeight] = extent(height, kh, stride[0], padding);
  const [left, outWidth] = extent(width, kw, stride[1], padding);
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

/**
 * Transposed convolution as in Keras's Conv2DTranspose.
 * @throws ShapeError with both shapes if they don't fit, RangeError for a stride or padding that
 *   {@link ConvolutionOptions} does not allow
 */
export function conv2dTranspose(
  x: Tensor,
  kernel: Tensor,
  { stride: step = 1, padding = 'same', outputSize }: TransposedConvolutionOptions = {},
): Tensor {
  const stride = checkOperands('conv2dTranspose', x, kernel, step, padding, 3);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kh, kw, filters] = kernel.shape as [number, number, number, number];
  const grown = (pixels: number, window: number, step: number): number =>
    padding === 'same' ? pixels * step : pixels * step + Math.max(window - step, 0);
  const [outHeight, outWidth] = outputSize ?? [grown(height, kh, stride[0]), grown(width, kw, stride[1])];
  const [top, least] = extent(outHeight, kh, stride[0], padding);
  const [left, across] = extent(outWidth, kw, stride[1], padding);
  if (least !== height || across !== width) {
    throw new ShapeError(
      `conv2dTranspose: an output of ${outHeight}x${outWidth} has no input of ${height}x${width}, but one of ${least}x${across} ` +
        `with a window of ${kh}x${kw}, stride ${stride.join('x')} and padding '${padding}'.`,
    );
  }
  return spread(x, kernel, {
    batch,
    large: [outHeight, outWidth, filters],
    small: [height, width, channels],
    window: [kh, kw],
    stride,
    pad: [top, left],
  });
}

/** Keras's rule along one dimension: zeros before the input, and the output's extent. */
function extent(
  input: number,
  window: number,
  stride: number,
  padding: 'same' | 'valid',
): [before: number, output: number] {
  if (padding === 'valid') return [0, Math.floor((input - window) / stride) + 1];
  const output = Math.ceil(input / stride);
  return [Math.floor(Math.max((output - 1) * stride + window - input, 0) / 2), output];
}

/** Checks the operands. @returns the stride along both dimensions */
function checkOperands(
  name: string,
  x: Tensor,
  kernel: Tensor,
  step: number | readonly [number, number],
  padding: string,
  channelAxis: number,
): readonly [number, number] {
  checkFloat(name, x, kernel);
  if (x.rank !== 4 || kernel.rank !== 4 || x.shape[3] !== kernel.shape[channelAxis]) {
    const layout = channelAxis === 2 ? '[kh, kw, in, out]' : '[kh, kw, out, in]';
    throw new ShapeError(
      `${name}: input ${formatShape(x.shape)} and kernel ${formatShape(kernel.shape)} do not fit: ` +
        `the input must be [N, H, W, in] and the kernel ${layout} with the same number of input channels.`,
    );
  }
  const stride = typeof step === 'number' ? ([step, step] as const) : step;
  if (stride.length !== 2 || !stride.every((along) => Number.isInteger(along) && along >= 1)) {
    throw new RangeError(
      located(
        `${name}: the stride is ${JSON.stringify(step)}; it must be a whole number of 1 or more, or two of them.`,
      ),
    );
  }
  if (padding !== 'same' && padding !== 'valid')
    throw new RangeError(located(`${name}: the padding is '${padding}'; it must be 'same' or 'valid'.`));
  return stride;
}

/** small[n, y, x, s] = Σ large[n, y·stride + ky − top, x·stride + kx − left, l] · w[ky, kx, l, s] */
function correlate(large: Tensor, w: Tensor, geometry: Geometry): Tensor {
  return image({ role: 'convolution', geometry }, large, w, (g) => [
    spread(g, w, geometry),
    weightGradient(large, g, geometry),
  ]);
}

/**
 * The adjoint: large[n, y, x, l] = Σ small[n, (y + top − ky) / stride, …, s] · w[ky, kx, l, s] over whole-number
 * quotients.
 */
function spread(small: Tensor, w: Tensor, geometry: Geometry): Tensor {
  return image({ role: 'adjoint', geometry }, small, w, (g) => [
    correlate(g, w, geometry),
    weightGradient(g, small, geometry),
  ]);
}

/** w[ky, kx, l, s] = Σ_{n, y, x} large[n, y·stride + ky − top, x·stride + kx − left, l] · small[n, y, x, s] */
function weightGradient(large: Tensor, small: Tensor, geometry: Geometry): Tensor {
  return weights({ role: 'weightGradient', geometry }, large, small, (g) => [
    spread(small, g, geometry),
    correlate(large, g, geometry),
  ]);
}

/** A product with a given tile and without gradients. Tuning times such products. */
export function tiledProduct(product: Product, a: Tensor, b: Tensor, tile: ProductTile): Tensor {
  const none: GradientRule = () => [];
  return product.role === 'weightGradient' ? weights(product, a, b, none, tile) : image(product, a, b, none, tile);
}

/** A convolution or its adjoint. If few results have many terms, it is computed in parts that are then summed. */
function image(
  product: Product,
  input: Tensor,
  w: Tensor,
  gradient: GradientRule,
  tile: ProductTile = input.device.tileOf(product),
): Tensor {
  const { geometry, role } = product;
  const { batch } = geometry;
  const [name, extents] =
    role === 'adjoint' ? (['conv2dTranspose', geometry.large] as const) : (['conv2d', geometry.small] as const);
  const parts = tile.kernel === 'direct' ? directImageParts(product, tile) : tiledImageParts(product, tile);
  const lower = (lowering: Lowering) =>
    tile.kernel === 'direct'
      ? lowerDirectImage(lowering, product, tile, input, w, parts)
      : lowerTiledImage(lowering, product, tile, input, w, parts);
  const kernel = { kind: 'kernel', name, inputs: [input, w], prologue: false, batch, product, lower } as const;
  if (parts === 1) return input.derive([batch, ...extents], { ...kernel, epilogue: true, gradient });
  const total = sum(input.derive([batch, parts, ...extents], { ...kernel, epilogue: false }), 1);
  return total.derive(total.shape, { kind: 'reshape', name, inputs: [total], sources: [input, w], gradient });
}

/** A weight gradient, computed over parts of the pixels that are then summed. */
function weights(
  product: Product,
  large: Tensor,
  small: Tensor,
  gradient: GradientRule,
  tile: ProductTile = large.device.tileOf(product),
): Tensor {
  const { batch, window, large: source, small: target } = product.geometry;
  const shape = [...window, source[2], target[2]];
  const pixels = batch * target[0] * target[1];
  const part = tile.kernel === 'direct' ? directPart(product, tile) : tiledPart(product, tile);
  const parts = Math.ceil(pixels / part);
  const name = 'conv2dWeightGradient';
  const partial = large.derive([parts, ...shape], {
    kind: 'kernel',
    name,
    inputs: [large, small],
    epilogue: false,
    prologue: false,
    batch,
    product,
    lower: (lowering) =>
      tile.kernel === 'direct'
        ? lowerDirectWeightGradient(lowering, product, tile, large, small, part)
        : lowerTiledWeightGradient(lowering, product, tile, large, small, part),
  });
  const total = parts === 1 ? partial : sum(partial, 0);
  return total.derive(shape, { kind: 'reshape', name, inputs: [total], sources: [large, small], gradient });
}
