import { normalOnHost } from '@hourglass/tensor';
import { expect, test } from 'vitest';
import { codesAt, planeOf, pointsOf } from '../src/code-plane.ts';

test('codes of two numbers are the points of their plane', () => {
  const codes = Float32Array.of(1, 2, -3, 0.5);
  const plane = planeOf(codes, 2);
  expect(pointsOf(plane, codes)).toEqual(codes);
  expect(codesAt(plane, codes)).toEqual(codes);
});

test('codes that are on a plane come back from their points, along its two axes by their variance', () => {
  // The plane through (1, 2, 3) along (3, 4, 0)/5, with deviation 10, and (0, 0, 1), with deviation 1.
  const drawn = normalOnHost(2 * 500, { seed: 3 });
  const codes = new Float32Array(3 * 500);
  for (let i = 0; i < 500; i++) {
    const [u, v] = [10 * drawn[2 * i]!, drawn[2 * i + 1]!];
    codes.set([1 + 0.6 * u, 2 + 0.8 * u, 3 + v], 3 * i);
  }
  const plane = planeOf(codes, 3);
  const [first, second] = [plane.axes.slice(0, 3), plane.axes.slice(3)];
  // The sampled axes differ from the true ones by about 1 / (10 √500).
  for (const [i, part] of [0.6, 0.8, 0].entries()) expect(first[i]).toBeCloseTo(part, 1.5);
  expect(second[2]).toBeCloseTo(1, 3);
  const back = codesAt(plane, pointsOf(plane, codes));
  // Float32 rounds points of up to 40 by 2e-6.
  expect(Math.max(...back.map((value, i) => Math.abs(value - codes[i]!)))).toBeLessThan(1e-5);
});
