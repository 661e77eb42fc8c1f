import { describe, expect, test } from 'vitest';
import { scheduled, stepDecay, warmUp } from '../src/index.ts';

describe('the cosine schedule', () => {
  const rate = scheduled('cosine', 0.002, 100);

  test('starts at the rate, is half of it halfway, and ends at 0', () => {
    expect(rate(0)).toBe(0.002);
    expect(rate(50)).toBeCloseTo(0.001, 12); // the cosine of π/2 in float64 is 6e-17
    expect(rate(100)).toBe(0);
  });

  test('has the right value a quarter of the way', () => {
    expect(rate(25)).toBeCloseTo(0.001 + 0.001 * Math.SQRT1_2, 12);
  });

  test('falls at every step, and stays at 0 after the last one', () => {
    const rates = Array.from({ length: 120 }, (_, step) => rate(step));
    expect(rates.every((value, step) => step === 0 || value < rates[step - 1]! || value === 0)).toBe(true);
    expect(rates.slice(100)).toEqual(Array(20).fill(0));
  });
});

test('the constant schedule has one rate for all steps', () => {
  const rate = scheduled('constant', 0.002, 100);
  expect([0, 50, 99, 100].map(rate)).toEqual(Array(4).fill(0.002));
});

test.each([0, -1, Number.NaN])('a schedule over %d steps is refused', (steps) => {
  expect(() => scheduled('cosine', 1, steps)).toThrow(RangeError);
  expect(() => scheduled('cosine', 1, steps)).toThrow(`scheduled: steps is ${steps}; it must be a number above 0.`);
  expect(() => stepDecay(1, { every: steps, factor: 0.5 })).toThrow(`stepDecay: every is ${steps}`);
  expect(scheduled('constant', 1, steps)(0)).toBe(1); // which has no end
});

test('a warm-up takes a whole number of steps, or none', () => {
  for (const steps of [-1, 2.5, Number.NaN]) expect(() => warmUp(steps, () => 1)).toThrow(`warmUp: steps is ${steps}`);
  expect(warmUp(0, (step) => step)(3)).toBe(3);
});
