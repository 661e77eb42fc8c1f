import { Coverage } from './coverage.ts';
import { mirror, type Point } from './outline.ts';
import type { Draw } from './random.ts';

/** The brightness of a pixel, from 0 (black) to 1 (white). */
export type Paint = (column: number, row: number) => number;

export const IMAGE_SIZE = 28;

/**
 * A black 28x28 picture to paint filled outlines on, all in one random pose (size, tilt, position). In their points, x
 * goes right from the middle (-14 .. 14) and y goes down from the top (0 .. 28).
 */
export class Canvas {
  readonly #pixels = new Float32Array(IMAGE_SIZE * IMAGE_SIZE);
  readonly #coverage = new Coverage(IMAGE_SIZE);
  #xx = 1;
  #xy = 0;
  #yx = 0;
  #yy = 1;
  #dx = 0;
  #dy = 0;

  /** Clears the picture and draws a new random pose. */
  restart(draw: Draw): void {
    this.#pixels.fill(0);
    const angle = draw.between(-0.04, 0.04);
    const width = draw.between(0.88, 1.02);
    const height = draw.between(0.94, 1.03);
    this.#xx = width * Math.cos(angle);
    this.#xy = -height * Math.sin(angle);
    this.#yx = width * Math.sin(angle);
    this.#yy = height * Math.cos(angle);
    this.#dx = IMAGE_SIZE / 2 + draw.between(-0.7, 0.7);
    this.#dy = IMAGE_SIZE / 2 + draw.between(-0.6, 0.6);
  }

  /** Paints the inside of a closed outline, antialiased: paint covers a pixel in proportion to its share inside. */
  fill(outline: readonly Point[], paint: Paint | number, opacity = 1): void {
    const pixels = this.#pixels;
    const posed = outline.map(([x, y]): Point => [this.#x(x, y), this.#y(x, y)]);
    this.#coverage.visit(posed, (column, row, share) => {
      const cover = share * opacity;
      if (cover < 1e-3) return;
      const value = typeof paint === 'number' ? paint : paint(column, row);
      const at = row * IMAGE_SIZE + column;
      pixels[at] = pixels[at]! + (value - pixels[at]!) * cover;
    });
  }

  /** Paints the outline and its mirror image: two sleeves, two lapels. */
  fillBoth(outline: readonly Point[], paint: Paint | number, opacity = 1): void {
    this.fill(outline, paint, opacity);
    this.fill(mirror(outline), paint, opacity);
  }

  /** Writes the picture as 784 bytes. */
  store(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(255 * Math.min(1, Math.max(0, this.#pixels[i]!)));
  }

  #x(x: number, y: number): number {
    return this.#dx + this.#xx * x + this.#xy * (y - IMAGE_SIZE / 2);
  }

  #y(x: number, y: number): number {
    return this.#dy + this.#yx * x + this.#yy * (y - IMAGE_SIZE / 2);
  }
}
