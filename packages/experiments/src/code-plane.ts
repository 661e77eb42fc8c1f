import { principalDirections } from './principal-directions.ts';

/** The longest codes that have a plane. The principal directions of longer codes take too long to find. */
export const MOST_DIRECTED = 256;

/** A plane through codes. */
export interface CodePlane {
  /** The code at the plane's origin: [latent]. */
  readonly origin: readonly number[];
  /** Two orthogonal unit vectors, row-major [2, latent]; zero where all codes are equal. */
  readonly axes: readonly number[];
}

/**
 * The plane of codes of two numbers; of longer codes, the plane through their mean along the two directions in which
 * they vary most.
 *
 * @param codes row-major [n, latent], with at least one code
 */
export function planeOf(codes: Float32Array, latent: number): CodePlane {
  if (latent === 2) return { origin: [0, 0], axes: [1, 0, 0, 1] };
  const count = codes.length / latent;
  const origin = Array.from({ length: latent }, (_, i) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += codes[row * latent + i]!;
    return sum / count;
  });
  const directions = principalDirections(codes, latent, 2);
  const axes = [0, 1].flatMap((which) => {
    const direction = directions.subarray(which * latent, (which + 1) * latent);
    const length = Math.hypot(...direction);
    return Array.from(direction, (part) => (length > 0 ? part / length : 0));
  });
  return { origin, axes };
}

/** The points [n, 2] of the plane that are nearest to codes [n, latent]. */
export function pointsOf({ origin, axes }: CodePlane, codes: Float32Array): Float32Array {
  const latent = origin.length;
  const points = new Float32Array((2 * codes.length) / latent);
  for (let row = 0; row < codes.length / latent; row++)
    for (let i = 0; i < latent; i++) {
      const deviation = codes[row * latent + i]! - origin[i]!;
      points[2 * row]! += deviation * axes[i]!;
      points[2 * row + 1]! += deviation * axes[latent + i]!;
    }
  return points;
}

/** The codes [n, latent] at points [n, 2] of the plane. */
export function codesAt({ origin, axes }: CodePlane, points: Float32Array): Float32Array {
  const latent = origin.length;
  const codes = new Float32Array((points.length / 2) * latent);
  for (let row = 0; row < points.length / 2; row++) {
    const [x, y] = [points[2 * row]!, points[2 * row + 1]!];
    for (let i = 0; i < latent; i++) codes[row * latent + i] = origin[i]! + x * axes[i]! + y * axes[latent + i]!;
  }
  return codes;
}
