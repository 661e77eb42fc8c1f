/** Fractional bits of a weight. 255 times the sum of a pixel's weights still fits in a signed 32-bit integer. */
const PRECISION = 22;
const HALF = 2 ** (PRECISION - 1);

/** The part of a line that contributes to one pixel of the result. */
interface Window {
  readonly start: number;
  /** They sum to 2^22, up to rounding. */
  readonly weights: Int32Array;
}

/**
 * Resizes RGB bytes with a triangle filter that widens with the reduction to avoid aliasing: first the width, then the
 * height, each rounded to bytes. The result equals that of Pillow's BILINEAR
 * (https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters).
 *
 * @param rgb bytes [height, width, 3]
 * @param imageSize height and width of the result; a picture that is not square is stretched
 * @returns bytes [imageSize, imageSize, 3]; the given array itself if it already has this size
 */
export function resize(rgb: Uint8Array, width: number, height: number, imageSize: number): Uint8Array {
  const narrow = width === imageSize ? rgb : resizeRows(rgb, width, height, imageSize);
  return height === imageSize ? narrow : resizeColumns(narrow, imageSize, height, imageSize);
}

function resizeRows(rgb: Uint8Array, width: number, height: number, imageSize: number): Uint8Array {
  const result = new Uint8Array(height * imageSize * 3);
  const windows = triangles(width, imageSize);
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (const { start, weights } of windows) {
      let from = (row * width + start) * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = 0; i < weights.length; i++, from += 3) {
        const weight = weights[i]!;
        red += rgb[from]! * weight;
        green += rgb[from + 1]! * weight;
        blue += rgb[from + 2]! * weight;
      }
      result[to++] = red >> PRECISION;
      result[to++] = green >> PRECISION;
      result[to++] = blue >> PRECISION;
    }
  }
  return result;
}

function resizeColumns(rgb: Uint8Array, width: number, height: number, imageSize: number): Uint8Array {
  const result = new Uint8Array(imageSize * width * 3);
  const stride = width * 3;
  const sums = new Int32Array(stride);
  triangles(height, imageSize).forEach(({ start, weights }, row) => {
    sums.fill(HALF);
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      const from = (start + i) * stride;
      for (let at = 0; at < stride; at++) sums[at] = sums[at]! + rgb[from + at]! * weight;
    }
    for (let at = 0; at < stride; at++) result[row * stride + at] = sums[at]! >> PRECISION;
  });
  return result;
}

/** The windows that turn a line of `from` pixels into one of `to` pixels. */
function triangles(from: number, to: number): Window[] {
  const scale = from / to;
  const radius = Math.max(1, scale); // when enlarging, the triangle spans one source pixel on each side
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(center - radius + 0.5));
    const end = Math.min(from, Math.floor(center + radius + 0.5));
    const heights = Array.from({ length: end - start }, (_, k) =>
      Math.max(0, 1 - Math.abs(start + k + 0.5 - center) / radius),
    );
    const sum = heights.reduce((a, b) => a + b);
    return { start, weights: Int32Array.from(heights, (height) => Math.round((height / sum) * 2 ** PRECISION)) };
  });
}
