import { expect, test } from 'vitest';
import { type EpochMetrics, formatMetrics, formatTimes, parseMetrics } from '../src/run/metrics-file.ts';

const row = { epochs: 1, steps: 2, loss: 0.5, valLoss: 0.25, seconds: 1, samplesPerSecond: 3 } as const;

test('a number that is not finite is written and read back', () => {
  const rows: EpochMetrics[] = [
    { ...row, valNormalLoss: Number.NaN },
    { ...row, epochs: 2, valNormalLoss: Number.POSITIVE_INFINITY },
  ];
  expect(parseMetrics(formatMetrics(rows), 2, 'm', formatTimes(rows))).toEqual(rows);
});

test('a damaged number throws', () => {
  const text = formatMetrics([row]);
  for (const wrong of ['0.2x', 'nan', ''])
    expect(() => parseMetrics(text.replace('0.25', wrong), 1, 'm')).toThrow(/m, line 2: .* numbers of epoch 1/);
});
