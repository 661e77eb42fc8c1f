import { encode } from 'fast-png';

/**
 * A picture: `data` contains height x width x channels values in [0, 1], row by row. One channel is gray, three are
 * RGB.
 */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Float32Array;
}

/**
 * The image as an 8-bit PNG, with every pixel repeated `scale` x `scale` times so that it stays crisp in any viewer.
 * Values outside [0, 1] are clamped, and NaN becomes black.
 *
 * @throws RangeError if `data` doesn't match the image's size
 */
export function imageToPng({ width, height, channels, data }: Image, scale = 1): Uint8Array {
  if (data.length !== width * height * channels)
    throw new RangeError(
      `An image of ${width} x ${height} pixels with ${channels} channels needs ${width * height * channels} values, found ${data.length}.`,
    );
  const levels = Uint8ClampedArray.from(data, (value) => value * 255);
  const pixels = new Uint8Array(levels.length * scale * scale);
  let at = 0;
  for (let y = 0; y < height * scale; y++) {
    const row = Math.floor(y / scale) * width;
    for (let x = 0; x < width * scale; x++) {
      const pixel = (row + Math.floor(x / scale)) * channels;
      for (let channel = 0; channel < channels; channel++) pixels[at++] = levels[pixel + channel]!;
    }
  }
  return encode({ width: width * scale, height: height * scale, channels, data: pixels });
}
