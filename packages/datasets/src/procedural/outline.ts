/** x to the right, y down. */
export type Point = readonly [number, number];

/** Points from coordinates x, y, x, y, and so on. */
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

/** The closed outline with the given right half, from top to bottom. */
export function symmetric(half: readonly Point[]): Point[] {
  return [...half, ...mirror(half).reverse()];
}

/**
 * Rounds a closed outline by cutting every corner at a quarter and three quarters of its edges (Chaikin, 1974),
 * `rounds` times.
 */
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

/** Points along the quadratic Bézier curve from `from` to `to` with control point `pull`. */
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
