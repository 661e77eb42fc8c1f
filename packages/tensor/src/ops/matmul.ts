import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { conv2d } from './conv2d.ts';
import { checkFloat } from './dtype.ts';
import { reshape } from './movement.ts';

/**
 * A matrix product is a convolution of M one-pixel images with K channels and a 1x1 window. The same kernels serve
 * both, and their gradients.
 * @throws ShapeError with both shapes if they don't fit, TypeError unless both are float32 tensors.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkFloat('matmul', a, b);
  if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== b.shape[0]) {
    throw new ShapeError(
      `matmul: shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit: they must be [M, K] and [K, N] with the same K.`,
    );
  }
  const [m, k] = a.shape as [number, number];
  const [, n] = b.shape as [number, number];
  return reshape(conv2d(reshape(a, [m, 1, 1, k]), reshape(b, [1, 1, k, n])), [m, n]);
}
