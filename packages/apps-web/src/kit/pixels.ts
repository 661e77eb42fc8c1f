import type { Colours } from './colours.ts';

/**
 * One picture of rows [n, height, width, channels] in [0, 1] as pixels for a canvas. Grey ranges from the theme's paper
 * to its ink; colours are unchanged.
 */
export function pixels(
  rows: Float32Array,
  index: number,
  shape: readonly number[],
  { paper, ink }: Colours,
): ImageData {
  const [height, width, channels] = shape as [number, number, number];
  const image = new ImageData(width, height);
  const from = index * height * width * channels;
  for (let i = 0; i < height * width; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = rows[from + i * channels + (channels === 1 ? 0 : channel)]!;
      image.data[4 * i + channel] =
        channels === 1 ? paper[channel]! + (ink[channel]! - paper[channel]!) * value : 255 * value;
    }
    image.data[4 * i + 3] = 255;
  }
  return image;
}

/** A context of `canvas`, which is resized to device pixels of its place in the page. Coordinates are CSS pixels. */
export function contextFor(canvas: HTMLCanvasElement): {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
} {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}
