import { describe, expect, test } from 'vitest';
import { scheduled } from '../src/index.ts';

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
