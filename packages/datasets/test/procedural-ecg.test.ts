import { expect, test } from 'vitest';
import { proceduralEcg, type SeriesDataset, type SeriesSplit } from '../src/index.ts';

const beat = ({ values }: SeriesSplit, i: number) => values.subarray(i * 140, (i + 1) * 140);
const normals = (split: SeriesSplit) => split.normal.filter((one) => one === 1).length;

/**
 * The probability that an abnormal test beat is further from the mean of the normal training beats than a normal one.
 */
function meanBeatAuroc({ train, test: held }: SeriesDataset): number {
  const mean = new Float64Array(140);
  const count = normals(train);
  for (let i = 0; i < train.count; i++) {
    for (let t = 0; train.normal[i] && t < 140; t++) mean[t]! += beat(train, i)[t]! / count;
  }
  const errors = Array.from({ length: held.count }, (_, i) =>
    beat(held, i).reduce((sum, value, t) => sum + Math.abs(value - mean[t]!), 0),
  );
  const normal = errors.filter((_, i) => held.normal[i]);
  const abnormal = errors.filter((_, i) => !held.normal[i]);
  const won = abnormal.reduce((sum, error) => sum + normal.filter((other) => other < error).length, 0);
  return won / (normal.length * abnormal.length);
}

test('has the format and balance of ECG5000 and is marked as procedural', () => {
  const { id, source, length, train, test: held, minimum, maximum } = proceduralEcg();
  expect([id, source, length, train.count, held.count]).toEqual(['ecg5000', 'procedural', 140, 4_000, 1_000]);
  expect(normals(train) + normals(held)).toBe(2_900); // 58 %
  expect([train.values.length, held.values.length]).toEqual([4_000 * 140, 1_000 * 140]);
  expect(minimum).toBeGreaterThan(-9);
  expect(maximum).toBeLessThan(9); // the real beats: -7.1 to 7.4
});

test('each beat is z-normalised, like the real ones, and all differ', () => {
  const { train } = proceduralEcg({ count: 500 });
  const seen = new Set<string>();
  for (let i = 0; i < train.count; i++) {
    const values = [...beat(train, i)];
    const mean = values.reduce((sum, value) => sum + value, 0) / 140;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    expect(mean).toBeCloseTo(0, 5); // float32
    expect(squares / 139).toBeCloseTo(1, 5);
    seen.add(values.join());
  }
  expect(seen.size).toBe(400);
});

test('the same seed gives the same samples, another seed different ones', () => {
  const one = proceduralEcg({ seed: 5, count: 40 });
  expect(proceduralEcg({ seed: 5, count: 40 })).toEqual(one);
  for (const seed of [0, 6, -5]) {
    expect(proceduralEcg({ seed, count: 40 }).train.values).not.toEqual(one.train.values);
  }
});

test('a normal beat has the landmarks of a real one: S wave first, T wave after the middle', () => {
  const { train } = proceduralEcg({ count: 500 });
  const lowest: number[] = [];
  const highest: number[] = [];
  for (let i = 0; i < train.count; i++) {
    if (!train.normal[i]) continue;
    const values = beat(train, i);
    lowest.push(values.subarray(0, 20).indexOf(Math.min(...values.subarray(0, 20))));
    highest.push(80 + values.subarray(80, 125).indexOf(Math.max(...values.subarray(80, 125))));
  }
  const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1]!;
  // The medians of the real normal beats are samples 3 and 103. The random pace shifts them slightly.
  expect(Math.abs(median(lowest) - 3)).toBeLessThanOrEqual(1);
  expect(Math.abs(median(highest) - 103)).toBeLessThanOrEqual(2);
});

test('the distance from the mean normal beat finds most abnormal beats, but not all (AUROC of the real ones: 0.96)', () => {
  const auroc = meanBeatAuroc(proceduralEcg());
  expect(auroc).toBeGreaterThan(0.85);
  expect(auroc).toBeLessThan(0.99);
});
