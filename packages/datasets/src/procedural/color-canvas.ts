import { Coverage } from './coverage.ts';
import { band, mirror, type Point } from './outline.ts';

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number];

export const INK: Color = [30, 22, 20];

/** The same colour with less light. */
export function shade([red, green, blue]: Color, light: number): Color {
  return [red * light, green * light, blue * light];
}

/**
 * A white square picture to paint filled outlines on. In their points, x goes right from the middle (-50 .. 50) and y
 * goes down from the top (0 .. 100), for pictures of every size.
 */
export class ColorCanvas {
  readonly #imageSize: number;
  readonly #coverage: Coverage;
  readonly #pixels: Float32Array;

  /** @param imageSize height and width in pixels */
  constructor(imageSize: number) {
    this.#imageSize = imageSize;
    this.#coverage = new Coverage(imageSize);
    this.#pixels = new Float32Array(imageSize * imageSize * 3).fill(255);
  }

  clear(): void {
    this.#pixels.fill(255);
  }

  /** Paints the inside of a closed outline, antialiased. */
  fill(outline: readonly Point[], color: Color, opacity = 1): void {
    const [red, green, blue] = color;
    const pixels = this.#pixels;
    const scale = this.#imageSize / 100;
    this.#coverage.visit(
      outline.map(([x, y]): Point => [(x + 50) * scale, y * scale]),
      (column, row, share) => {
        const cover = share * opacity;
        const at = (row * this.#imageSize + column) * 3;
        pixels[at] = pixels[at]! + (red - pixels[at]!) * cover;
        pixels[at + 1] = pixels[at + 1]! + (green - pixels[at + 1]!) * cover;
        pixels[at + 2] = pixels[at + 2]! + (blue - pixels[at + 2]!) * cover;
      },
    );
  }

  /** Paints the inside of a closed outline, and its edge in ink. */
  fillInked(outline: readonly Point[], color: Color): void {
    this.fill(outline, color);
    this.fill(band([...outline, outline[0]!], 0.8), INK);
  }

  /** Paints the outline and its mirror image: two ears, two eyes. */
  fillBoth(outline: readonly Point[], color: Color, opacity = 1): void {
    this.fill(outline, color, opacity);
    this.fill(mirror(outline), color, opacity);
  }

  /** Writes the picture as RGB bytes [imageSize, imageSize, 3]. */
  store(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(this.#pixels[i]!);
  }
}
