/**
 * A convolution reads the `large` image [N, H, W, large channels] and writes the `small` image; its adjoint does the
 * reverse. Both use one kernel tensor [kh, kw, large channels, small channels].
 */
export interface Geometry {
  readonly batch: number;
  readonly large: readonly [height: number, width: number, channels: number];
  readonly small: readonly [height: number, width: number, channels: number];
  readonly window: readonly [height: number, width: number];
  readonly stride: readonly [down: number, across: number];
  /** Zeros before the first row and column. */
  readonly pad: readonly [top: number, left: number];
}

/** One of the three matrix products over a geometry, each the derivative of the others. */
export interface Product {
  readonly role: 'convolution' | 'adjoint' | 'weightGradient';
  readonly geometry: Geometry;
}

export const multiplyAdds = ({ batch, large, small, window }: Geometry): number =>
  batch * small[0] * small[1] * small[2] * window[0] * window[1] * large[2];

/** A product's name in tunings, such as `convolution 28x28x32 14x14x64 3x3/2+0+0 128`; the batch comes last. */
export const productKey = (product: Product): string => `${shapeKey(product)} ${product.geometry.batch}`;

/** The name without the batch. */
export function shapeKey({ role, geometry }: Product): string {
  const { large, small, window, stride, pad } = geometry;
  const [down, across] = stride;
  const step = down === across ? down : stride.join('x');
  return `${role} ${large.join('x')} ${small.join('x')} ${window.join('x')}/${step}+${pad.join('+')}`;
}

/** The product as a matrix product: rows and columns of the result, and the terms of each sum. */
export function matrixOf({ role, geometry }: Product): { rows: number; columns: number; terms: number } {
  const { batch, large, small, window, stride } = geometry;
  const [taps, pixels] = [window[0] * window[1], batch * small[0] * small[1]];
  if (role === 'convolution') return { rows: pixels, columns: small[2], terms: taps * large[2] };
  if (role === 'weightGradient') return { rows: taps * large[2], columns: small[2], terms: pixels };
  // For each phase of the stride.
  const grid = Math.ceil(large[0] / stride[0]) * Math.ceil(large[1] / stride[1]);
  return { rows: batch * grid, columns: large[2], terms: Math.ceil(taps / (stride[0] * stride[1])) * small[2] };
}
