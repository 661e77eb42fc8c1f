/** The lowest and the highest value, with a margin. */
export function rangeOf(...rows: readonly Float32Array[]): readonly [number, number] {
  const low = Math.min(...rows.map((row) => row.reduce((a, b) => Math.min(a, b))));
  const high = Math.max(...rows.map((row) => row.reduce((a, b) => Math.max(a, b))));
  const margin = 0.05 * (high - low) || 1;
  return [low - margin, high + margin];
}
