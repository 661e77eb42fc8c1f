import { load, make, type Spec } from '@hourglass/testing/oracle';
import { expect, test } from 'vitest';
import { frechetDistance, precisionAndRecall } from '../src/generation.ts';

interface Case {
  readonly generated: Spec;
  readonly real: Spec;
  readonly frechetDistance: number;
  readonly precision: number;
  readonly recall: number;
}

const { cases } = await load<{ cases: Case[] }>('generation');

test.each(cases)('features $generated.shape and $real.shape are as close as for SciPy', (expected) => {
  const [generated, real] = [make(expected.generated), make(expected.real)];
  const size = expected.real.shape[1]!;
  // float64 on both sides. The square roots of eigenvalues that should be 0 add the square root of rounding.
  expect(Math.abs(frechetDistance(generated, real, size) / expected.frechetDistance - 1)).toBeLessThan(1e-6);
  expect(precisionAndRecall(generated, real, size)).toEqual({ precision: expected.precision, recall: expected.recall });
});

test('a set is at no distance from itself, and covers itself', () => {
  const rows = make({ shape: [50, 4], seed: 1, scale: 1, offset: 0 });
  expect(Math.abs(frechetDistance(rows, rows, 4))).toBeLessThan(1e-12);
  expect(precisionAndRecall(rows, rows, 4)).toEqual({ precision: 1, recall: 1 });
});
