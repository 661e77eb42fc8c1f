import type { Point } from './outline.ts';

/** Computes which share of each pixel of a square picture is inside an outline. */
export class Coverage {
  readonly #imageSize: number;
  readonly #stride: number;
  /** For each pixel, the signed height of the outline crossing it: upwards minus downwards. */
  readonly #crossings: Float32Array;

  /** @param imageSize height and width of the picture in pixels */
  constructor(imageSize: number) {
    this.#imageSize = imageSize;
    this.#stride = imageSize + 2; // a crossing at the right border spills into two more cells
    this.#crossings = new Float32Array(imageSize * this.#stride);
  }

  /** Visits the pixels covered by a closed outline with points in pixels. `share` is above 0 and at most 1. */
  visit(outline: readonly Point[], paint: (column: number, row: number, share: number) => void): void {
    const imageSize = this.#imageSize;
    const crossings = this.#crossings;
    this.#trace(outline);
    const rows = outline.map(([, y]) => y);
    const top = Math.max(0, Math.floor(Math.min(...rows)));
    const bottom = Math.min(imageSize, Math.ceil(Math.max(...rows)));
    const left = Math.max(0, Math.floor(Math.min(...outline.map(([x]) => x))));
    const right = Math.min(imageSize, Math.ceil(Math.max(...outline.map(([x]) => x))) + 1);
    for (let row = top; row < bottom; row++) {
      const start = row * this.#stride;
      let winding = 0;
      for (let column = left; column < right; column++) {
        winding += crossings[start + column]!;
        const share = Math.min(1, Math.abs(winding));
        if (share > 1e-6) paint(column, row, share);
      }
      crossings.fill(0, start, start + this.#stride);
    }
  }

  /**
   * Cuts the outline into pieces within one row and less than a column wide. Each adds its height to its row, to the
   * right of its x.
   */
  #trace(outline: readonly Point[]): void {
    const crossings = this.#crossings;
    let [x0, y0] = outline.at(-1)!;
    for (const [x1, y1] of outline) {
      const top = Math.max(0, Math.min(y0, y1));
      const bottom = Math.min(this.#imageSize, Math.max(y0, y1));
      const slope = (x1 - x0) / (y1 - y0);
      for (let row = Math.floor(top); row < bottom; row++) {
        const from = Math.max(top, row);
        const drop = Math.min(bottom, row + 1) - from;
        const pieces = Math.ceil(2 * Math.abs(slope * drop)) || 1;
        const height = ((y1 > y0 ? 1 : -1) * drop) / pieces;
        for (let piece = 0; piece < pieces; piece++) {
          const at = x0 + slope * (from + ((piece + 0.5) / pieces) * drop - y0);
          const inside = Math.min(this.#imageSize, Math.max(0, at));
          const column = Math.floor(inside);
          const cell = row * this.#stride + column;
          crossings[cell] = crossings[cell]! + height * (1 - (inside - column));
          crossings[cell + 1] = crossings[cell + 1]! + height * (inside - column);
        }
      }
      x0 = x1;
      y0 = y1;
    }
  }
}
