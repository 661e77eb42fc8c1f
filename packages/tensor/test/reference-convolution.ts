import type { Values } from './reference.ts';

export interface Convolution {
  readonly output: Values;
  /** The gradients of Σ output · dy. */
  readonly gradients: (dy: Float64Array) => { x: Values; kernel: Values };
}

/** One product of a convolution: output[y] += x[x] · kernel[k], by row-major positions. */
type Visit = (y: number, x: number, k: number) => void;

interface Options {
  readonly stride: number | readonly [number, number];
  readonly padding: 'same' | 'valid';
  readonly outputSize?: readonly [number, number];
}

const both = (stride: Options['stride']): readonly [number, number] =>
  typeof stride === 'number' ? [stride, stride] : stride;

/** Keras's Conv2D without bias: x [N, H, W, in], kernel [kh, kw, in, out]. */
export function conv2d(x: Values, kernel: Values, { stride, padding }: Options): Convolution {
  const [down, across] = both(stride);
  const [batch, height, width, inputs] = x.shape as [number, number, number, number];
  const [kh, kw, , outputs] = kernel.shape as [number, number, number, number];
  const [top, rows] = keras(height, kh, down, padding);
  const [left, columns] = keras(width, kw, across, padding);
  return bilinear(x, kernel, [batch, rows, columns, outputs], (visit) => {
    for (let n = 0; n < batch; n++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++)
          for (let i = 0; i < kh; i++)
            for (let j = 0; j < kw; j++) {
              const [y, z] = [r * down + i - top, c * across + j - left];
              if (y < 0 || z < 0 || y >= height || z >= width) continue;
              for (let p = 0; p < inputs; p++)
                for (let q = 0; q < outputs; q++)
                  visit(
                    ((n * rows + r) * columns + c) * outputs + q,
                    ((n * height + y) * width + z) * inputs + p,
                    ((i * kw + j) * inputs + p) * outputs + q,
                  );
            }
  });
}

/** Keras's Conv2DTranspose without bias: x [N, H, W, in], kernel [kh, kw, out, in]. */
export function conv2dTranspose(x: Values, kernel: Values, { stride, padding, outputSize }: Options): Convolution {
  const [down, across] = both(stride);
  const [batch, height, width, inputs] = x.shape as [number, number, number, number];
  const [kh, kw, outputs] = kernel.shape as [number, number, number];
  const grown = (n: number, k: number, step: number): number =>
    padding === 'same' ? n * step : n * step + Math.max(k - step, 0);
  const [rows, columns] = outputSize ?? [grown(height, kh, down), grown(width, kw, across)];
  const [top] = keras(rows, kh, down, padding);
  const [left] = keras(columns, kw, across, padding);
  return bilinear(x, kernel, [batch, rows, columns, outputs], (visit) => {
    for (let n = 0; n < batch; n++)
      for (let r = 0; r < height; r++)
        for (let c = 0; c < width; c++)
          for (let i = 0; i < kh; i++)
            for (let j = 0; j < kw; j++) {
              const [y, z] = [r * down + i - top, c * across + j - left];
              if (y < 0 || z < 0 || y >= rows || z >= columns) continue;
              for (let p = 0; p < inputs; p++)
                for (let q = 0; q < outputs; q++)
                  visit(
                    ((n * rows + y) * columns + z) * outputs + q,
                    ((n * height + r) * width + c) * inputs + p,
                    ((i * kw + j) * outputs + q) * inputs + p,
                  );
            }
  });
}

/** Padding before the first element, and the number of windows, as Keras documents them. */
function keras(size: number, window: number, stride: number, padding: 'same' | 'valid'): [before: number, n: number] {
  if (padding === 'valid') return [0, Math.ceil((size - window + 1) / stride)];
  const padded = size % stride === 0 ? Math.max(window - stride, 0) : Math.max(window - (size % stride), 0);
  return [Math.floor(padded / 2), Math.ceil(size / stride)];
}

/** The output and gradients of Σ x · kernel over the products that `products` names. */
function bilinear(x: Values, kernel: Values, shape: readonly number[], products: (visit: Visit) => void): Convolution {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  products((y, i, k) => {
    data[y]! += x.data[i]! * kernel.data[k]!;
  });
  return {
    output: { shape, data },
    gradients: (dy) => {
      const dx = new Float64Array(x.data.length);
      const dk = new Float64Array(kernel.data.length);
      products((y, i, k) => {
        dx[i]! += dy[y]! * kernel.data[k]!;
        dk[k]! += dy[y]! * x.data[i]!;
      });
      return { x: { shape: x.shape, data: dx }, kernel: { shape: kernel.shape, data: dk } };
    },
  };
}
