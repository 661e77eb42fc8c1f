import { expect } from 'vitest';

/** A tensor given by a formula: element i is float32(offset + scale · h01(i, seed)). */
export interface Spec {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
  readonly offset: number;
}

/** A tensor with every value stored. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A large tensor, summarised by a few numbers. */
export interface Fingerprint {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly l2: number;
  /** The largest absolute value. */
  readonly max: number;
  /** Σ t[i] · h01(i, 999) */
  readonly probe: number;
  /** Positions of `values` in row-major order. */
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** The largest error of an element, and of the whole tensor relative to its l2 norm (no limit if left out). */
export interface Tolerance {
  readonly element: number;
  readonly l2?: number;
}

/** A multiple of 2⁻²³ in [-1, 1) from an exact integer hash. */
export function h01(i: number, seed: number): number {
  let t = (Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b)) >>> 0;
  t ^= t >>> 15;
  t = Math.imul(t, 0x2c1b3c6d);
  t ^= t >>> 12;
  t = Math.imul(t, 0x297a2d39);
  t ^= t >>> 15;
  return (t >>> 8) / 8388608 - 1;
}

/** The values of a spec. */
export function make({ shape, seed, scale, offset }: Spec): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, (_, i) => offset + scale * h01(i, seed));
}

/** The oracle in `tensor/test/oracles/data/<name>.json`. */
export async function load<Oracle>(name: string): Promise<Oracle> {
  const { default: oracle } = await import(`../../tensor/test/oracles/data/${name}.json`);
  return oracle;
}

/**
 * Ten times the error of PyTorch's own float32 run: another order of additions is as good as PyTorch's, and one sample
 * of rounding errors does not bound them. In case PyTorch was lucky, the tolerance is at least 1e-6 of the largest
 * element (about 16 roundings). `error` is as the oracles store it: [largest error, relative l2 error], or only the
 * first.
 */
export function toleranceOf(error: readonly [number, number] | number, stored: Stored | Fingerprint): Tolerance {
  const [largest, l2] = typeof error === 'number' ? [error] : error;
  const max = 'data' in stored ? Math.max(...stored.data.map(Math.abs)) : stored.max;
  const element = Math.max(10 * largest, 1e-6 * max);
  return l2 === undefined ? { element } : { element, l2: Math.max(10 * l2, 1e-6) };
}

/** Fails with `name` in the message unless `actual` is within `tolerance` of every number that the oracle stored. */
export function expectOracle(
  actual: Float32Array,
  stored: Stored | Fingerprint,
  { element, l2 }: Tolerance,
  name: string,
): void {
  expect(actual.length, `${name}: size`).toBe(stored.shape.reduce((a, b) => a * b, 1));
  const near = (what: string, value: number, expected: number, tolerance: number): void => {
    const message = `${name}: ${what} is ${value}, not ${expected} ± ${tolerance}`;
    expect(Math.abs(value - expected) <= tolerance, message).toBe(true);
  };
  const whole = (norm: number): number => (l2 === undefined ? Number.POSITIVE_INFINITY : l2 * norm);
  if ('data' in stored) {
    stored.data.forEach((expected, i) => {
      near(`element ${i}`, actual[i]!, expected, element);
    });
    const difference = Math.hypot(...stored.data.map((expected, i) => actual[i]! - expected));
    near('l2 norm of the difference', difference, 0, whole(Math.hypot(...stored.data)));
    return;
  }
  const { sum, l2: norm, max, probe, at, values } = stored;
  const total = (f: (value: number, i: number) => number): number => actual.reduce((s, value, i) => s + f(value, i), 0);
  // A difference of l2 norm d changes Σ t[i]·p[i] by at most d·‖p‖ (Cauchy-Schwarz), and |p[i]| ≤ 1 in both sums.
  const spread = whole(norm) * Math.sqrt(actual.length);
  const largest = actual.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const l2Norm = Math.sqrt(total((value) => value * value));
  const sumOf = total((value) => value);
  const probeOf = total((value, i) => value * h01(i, 999));
  near('l2 norm', l2Norm, norm, whole(norm));
  near('sum', sumOf, sum, spread);
  near('probe', probeOf, probe, spread);
  near('largest absolute value', largest, max, element);
  at.forEach((i, k) => {
    near(`element ${i}`, actual[i]!, values[k]!, element);
  });
}
