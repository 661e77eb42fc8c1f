import type { Draw } from './random.ts';

/** x to the right from the middle (-14 .. 14), y down from the top (0 .. 28). */
export type Point = readonly [number, number];

/** Brightness, 0 black to 1 white, of a pixel given by its column and row. */
export type Paint = (column: number, row: number) => number;

export const SIZE = 28;
const STRIDE = SIZE + 2; // a crossing at the right border spills into two more cells

/** A black 28x28 picture that filled outlines are painted on, all under one random pose (size, tilt, place). */
export class Canvas {
  readonly #pixels = new Float32Array(SIZE * SIZE);
  readonly #crossings = new Float32Array(SIZE * STRIDE);
  #xx = 1;
  #xy = 0;
  #yx = 0;
  #yy = 1;
  #dx = 0;
  #dy = 0;

  /** Empties the picture and draws a new pose. */
  restart(draw: Draw): void {
    this.#pixels.fill(0);
    const angle = draw.between(-0.04, 0.04);
    const width = draw.between(0.88, 1.02);
    const height = draw.between(0.94, 1.03);
    this.#xx = width * Math.cos(angle);
    this.#xy = -height * Math.sin(angle);
    this.#yx = width * Math.sin(angle);
    this.#yy = height * Math.cos(angle);
    this.#dx = SIZE / 2 + draw.between(-0.7, 0.7);
    this.#dy = SIZE / 2 + draw.between(-0.6, 0.6);
  }

  /** Paints the inside of a closed outline, antialiased: the share of a pixel that is inside is the share of paint it gets. */
  fill(outline: readonly Point[], paint: Paint | number, opacity = 1): void {
    this.#trace(outline);
    const pixels = this.#pixels;
    const crossings = this.#crossings;
    for (let row = 0; row < SIZE; row++) {
      let winding = 0;
      for (let column = 0; column < SIZE; column++) {
        winding += crossings[row * STRIDE + column]!;
        const cover = Math.min(1, Math.abs(winding)) * opacity;
        if (cover < 1e-3) continue;
        const value = typeof paint === 'number' ? paint : paint(column, row);
        const at = row * SIZE + column;
        pixels[at] = pixels[at]! + (value - pixels[at]!) * cover;
      }
    }
    crossings.fill(0);
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

  /** Cuts the outline at rows and columns' width; each piece adds its height to its row, from its own x on to the right. */
  #trace(outline: readonly Point[]): void {
    const crossings = this.#crossings;
    const [startX, startY] = outline.at(-1)!;
    let x0 = this.#x(startX, startY);
    let y0 = this.#y(startX, startY);
    for (const [x, y] of outline) {
      const x1 = this.#x(x, y);
      const y1 = this.#y(x, y);
      const top = Math.max(0, Math.min(y0, y1));
      const bottom = Math.min(SIZE, Math.max(y0, y1));
      const slope = (x1 - x0) / (y1 - y0);
      for (let row = Math.floor(top); row < bottom; row++) {
        const from = Math.max(top, row);
        const drop = Math.min(bottom, row + 1) - from;
        const pieces = Math.ceil(2 * Math.abs(slope * drop)) || 1;
        const height = ((y1 > y0 ? 1 : -1) * drop) / pieces;
        for (let piece = 0; piece < pieces; piece++) {
          const at = x0 + slope * (from + ((piece + 0.5) / pieces) * drop - y0);
          const inside = Math.min(SIZE, Math.max(0, at));
          const column = Math.floor(inside);
          const cell = row * STRIDE + column;
          crossings[cell] = crossings[cell]! + height * (1 - (inside - column));
          crossings[cell + 1] = crossings[cell + 1]! + height * (inside - column);
        }
      }
      x0 = x1;
      y0 = y1;
    }
  }

  #x(x: number, y: number): number {
    return this.#dx + this.#xx * x + this.#xy * (y - SIZE / 2);
  }

  #y(x: number, y: number): number {
    return this.#dy + this.#yx * x + this.#yy * (y - SIZE / 2);
  }
}

/** Points from x, y, x, y, and so on. */
export function points(...coordinates: number[]): Point[] {
  return Array.from(
    { length: coordinates.length / 2 },
    (_, i): Point => [coordinates[2 * i]!, coordinates[2 * i + 1]!],
  );
}

/** The same points on the other side of the middle. */
export function mirror(outline: readonly Point[]): Point[] {
  return outline.map(([x, y]): Point => [-x, y]);
}

/** The closed outline whose right half, from top to bottom, is given. */
export function symmetric(half: readonly Point[]): Point[] {
  return [...half, ...mirror(half).reverse()];
}

/** Rounds a closed outline: every corner is cut at a quarter and three quarters of its edges (Chaikin, 1974), `rounds` times. */
export function rounded(outline: readonly Point[], rounds = 2): readonly Point[] {
  if (rounds === 0) return outline;
  const cut = outline.flatMap(([x, y], i): Point[] => {
    const [nextX, nextY] = outline[(i + 1) % outline.length]!;
    return [
      [0.75 * x + 0.25 * nextX, 0.75 * y + 0.25 * nextY],
      [0.25 * x + 0.75 * nextX, 0.25 * y + 0.75 * nextY],
    ];
  });
  return rounded(cut, rounds - 1);
}

/** The outline of a band of this width along a line of points: straps, seams, soles. */
export function band(line: readonly Point[], width: number): Point[] {
  const left: Point[] = [];
  const right: Point[] = [];
  line.forEach(([x, y], i) => {
    const [beforeX, beforeY] = line[Math.max(0, i - 1)]!;
    const [afterX, afterY] = line[Math.min(line.length - 1, i + 1)]!;
    const half = width / 2 / (Math.hypot(afterX - beforeX, afterY - beforeY) || 1);
    const acrossX = -(afterY - beforeY) * half;
    const acrossY = (afterX - beforeX) * half;
    left.push([x + acrossX, y + acrossY]);
    right.push([x - acrossX, y - acrossY]);
  });
  return [...left, ...right.reverse()];
}

/** Points along the quadratic curve from `from` to `to` that is pulled towards `pull`. */
export function arc(from: Point, pull: Point, to: Point): Point[] {
  return Array.from({ length: 9 }, (_, i): Point => {
    const t = i / 8;
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
    return [a * from[0] + b * pull[0] + c * to[0], a * from[1] + b * pull[1] + c * to[1]];
  });
}

/** An ellipse as an outline. */
export function ellipse(x: number, y: number, radiusX: number, radiusY = radiusX): Point[] {
  return Array.from({ length: 12 }, (_, i): Point => {
    const angle = (i * Math.PI) / 6;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

/** A rectangle as an outline. */
export function rectangle(left: number, top: number, right: number, bottom: number): Point[] {
  return points(left, top, right, top, right, bottom, left, bottom);
}
