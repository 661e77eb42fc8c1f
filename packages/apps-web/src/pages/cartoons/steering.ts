/** How far a face can be steered along a direction, in standard deviations. */
export const REACH = 3;

/** Moves a code along directions [n, latent] by `ways` times their lengths. */
export function steered(code: Float32Array, directions: Float32Array, ways: readonly number[]): Float32Array {
  return code.map((value, e) =>
    ways.reduce((sum, way, k) => sum + way * (directions[k * code.length + e] ?? 0), value),
  );
}

/** The ways as text for the address; undefined if all are 0. */
export function writeWays(ways: readonly number[]): string | undefined {
  const last = ways.findLastIndex((way) => way !== 0);
  return last < 0 ? undefined : ways.slice(0, last + 1).join();
}

/** Parses the ways along `count` directions; missing or invalid ones are 0. */
export function readWays(text: string | undefined, count: number): number[] {
  const parts = text?.split(',').map(Number) ?? [];
  return Array.from({ length: count }, (_, k) => {
    const way = parts[k] ?? 0;
    return Number.isFinite(way) ? Math.min(REACH, Math.max(-REACH, way)) : 0;
  });
}
