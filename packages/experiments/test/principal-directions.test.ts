import { normalOnHost } from '@hourglass/tensor';
import { expect, test } from 'vitest';
import { principalDirections, steepestDirections } from '../src/principal-directions.ts';

test('four points by hand: an ellipse rotated by 45 degrees', () => {
  // Variance 4 along (1, 1)/√2, 1 along (1, -1)/√2, around the centre (5, 5).
  const long = Math.sqrt(8) / Math.SQRT2;
  const short = Math.SQRT2 / Math.SQRT2;
  const codes = Float32Array.of(5 + long, 5 + long, 5 - long, 5 - long, 5 + short, 5 - short, 5 - short, 5 + short);
  const [x1, y1, x2, y2] = principalDirections(codes, 2, 2) as unknown as [number, number, number, number];
  expect(x1).toBeCloseTo(Math.SQRT2, 5);
  expect(y1).toBeCloseTo(Math.SQRT2, 5);
  expect(Math.abs(x2)).toBeCloseTo(Math.SQRT1_2, 5);
  expect(y2).toBeCloseTo(-x2, 5);
});

test('directions are orthogonal, contain all variance, and the codes are uncorrelated along them', () => {
  const latent = 20;
  const n = 300;
  const mixing = normalOnHost(latent * latent, { seed: 1 });
  const drawn = normalOnHost(n * latent, { seed: 2 });
  const codes = Float32Array.from({ length: n * latent }, (_, e) => {
    const [row, column] = [Math.floor(e / latent), e % latent];
    let sum = column;
    for (let k = 0; k < latent; k++) sum += drawn[row * latent + k]! * mixing[k * latent + column]!;
    return sum;
  });
  const directions = principalDirections(codes, latent, latent);
  const direction = (k: number) => directions.subarray(k * latent, (k + 1) * latent);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const lengths = Array.from({ length: latent }, (_, k) => Math.sqrt(dot(direction(k), direction(k))));
  expect(lengths).toEqual([...lengths].sort((a, b) => b - a));

  const mean = Float64Array.from({ length: latent }, (_, j) => {
    let sum = 0;
    for (let row = 0; row < n; row++) sum += codes[row * latent + j]!;
    return sum / n;
  });
  const centred = codes.map((value, e) => value - mean[e % latent]!);
  const along = (k: number) =>
    Float32Array.from({ length: n }, (_, row) => dot(centred.subarray(row * latent, (row + 1) * latent), direction(k)));
  let variance = 0;
  for (const value of centred) variance += (value * value) / n;
  expect(lengths.reduce((sum, length) => sum + length * length, 0) / variance).toBeCloseTo(1, 5);
  for (let k = 0; k < latent; k++) {
    // Along a direction whose length is its deviation s, projections have variance s⁴.
    expect(dot(along(k), along(k)) / n / lengths[k]! ** 4).toBeCloseTo(1, 4);
    for (let other = 0; other < k; other++) {
      expect(Math.abs(dot(direction(k), direction(other))) / (lengths[k]! * lengths[other]!)).toBeLessThan(1e-5);
      expect(Math.abs(dot(along(k), along(other))) / n / (lengths[k]! * lengths[other]!) ** 2).toBeLessThan(1e-4);
    }
  }
});

test('the steepest directions of a kernel with known singular vectors', () => {
  // 3 u₁ v₁ᵀ + 1 u₂ v₂ᵀ with u₁ = (0.6, 0.8), u₂ = (-0.8, 0.6), v₁ = (1, 0, 0), v₂ = (0, 0, 1)
  const kernel = Float32Array.of(3 * 0.6, 0, -0.8, 3 * 0.8, 0, 0.6);
  const rounding = 6; // digits: the kernel has float32's seven
  const directions = steepestDirections(kernel, 2, 2);
  for (const [i, expected] of [0.6, 0.8, 0.8, -0.6].entries()) expect(directions[i]).toBeCloseTo(expected, rounding);
  expect(steepestDirections(kernel, 2, 1)).toEqual(directions.slice(0, 2));
});
