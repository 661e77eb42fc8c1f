import { describe, expect, test } from 'vitest';
import { thresholdBy, usualThreshold } from '../src/series/detector.ts';

/** 0, 1, …, 100: the percentiles are the scores. */
const PERCENTILES = Float32Array.from({ length: 101 }, (_, i) => i);

describe('the threshold', () => {
  test('is above the scores of all but a share, or a number of standard deviations above their mean', () => {
    expect(thresholdBy({ contamination: 0.05 }, PERCENTILES)).toBe(95);
    // The variance of 0, …, n - 1 is (n² - 1) / 12.
    expect(thresholdBy({ deviations: 2 }, PERCENTILES)).toBeCloseTo(50 + 2 * Math.sqrt((101 ** 2 - 1) / 12), 4);
  });

  test('is above 99 % of the scores without labels', () => expect(usualThreshold(PERCENTILES)).toBe(99));

  test('finds outliers among the scores without labels, even if they are more than 1 %', () => {
    const outliers = Float32Array.from(PERCENTILES, (score) => (score > 95 ? 1000 : score));
    expect(thresholdBy({ contamination: 0.01 }, outliers)).toBe(1000);
    expect(usualThreshold(outliers)).toBe(50 + 5 * 40);
  });
});
