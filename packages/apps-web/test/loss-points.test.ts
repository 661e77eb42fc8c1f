import { expect, test } from 'vitest';
import type { LossPoint } from '../src/engine/api.ts';
import { appended } from '../src/pages/train/loss-points.ts';

const points = (count: number, most: number): readonly LossPoint[] =>
  Array.from({ length: count }, (_, step) => step + 1).reduce<readonly LossPoint[]>(
    (all, step) => appended(all, { step, metrics: { loss: step } }, most),
    [],
  );

test('a long curve keeps few points, its last step and its rise', () => {
  const curve = points(10_000, 60);
  expect(curve.length).toBeGreaterThanOrEqual(30);
  expect(curve.length).toBeLessThanOrEqual(60);
  expect(curve.at(-1)!.step).toBe(10_000);
  // The loss equals the step, so the mean of neighbours is between the step before and its own.
  for (const [i, { step, metrics }] of curve.entries()) {
    expect(metrics.loss).toBeLessThanOrEqual(step);
    expect(metrics.loss).toBeGreaterThan(curve[i - 1]?.step ?? 0);
  }
});

test('steps that run again after a lost device replace their old points', () => {
  const curve = appended(points(10, 60), { step: 6, metrics: { loss: 0.5 } }, 60);
  expect(curve.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(curve.at(-1)!.metrics.loss).toBe(0.5);
});
