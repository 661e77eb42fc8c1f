import { ecg5000, joinBeats, proceduralEcg } from '@hourglass/datasets';
import { WeightsError } from '@hourglass/nn';
import { expect, test } from 'vitest';
import { calibrationMetadata } from '../src/calibration.ts';
import { allRows, beatData, calibrationOf } from '../src/index.ts';
import { rescaled } from '../src/samples.ts';

test('a calibration survives a file’s metadata bit for bit', () => {
  const calibration = { minimum: -6.283185307179586, maximum: 1 / 3, threshold: 0.1 };
  expect(calibrationOf({ metadata: calibrationMetadata(calibration), source: 'a file' })).toEqual(calibration);
  expect(calibrationOf({ metadata: {}, source: 'a file' })).toBeUndefined();
});

test.each([
  '',
  'null',
  '{}',
  '{"minimum":0,"maximum":1}',
  '{"minimum":0,"maximum":1,"threshold":null}',
  '{"minimum":1,"maximum":0,"threshold":1}',
])('a damaged calibration throws: %j', (text) => {
  const read = () => calibrationOf({ metadata: { 'hourglass.calibration': text }, source: 'some.safetensors' });
  expect(read).toThrow(WeightsError);
  expect(read).toThrow(/some\.safetensors: .*damaged/);
});

test('data rescaled by another model’s range equals data scaled by that range directly', async () => {
  const { train, test } = proceduralEcg({ count: 20 });
  const dataset = ecg5000(joinBeats(train, test), 'files');
  const range = { minimum: -8, maximum: 9 };
  const found = rescaled(beatData(dataset), range);
  const expected = beatData({ ...dataset, ...range });
  expect(found.range).toEqual(range);
  for (const split of ['train', 'trainSplit', 'test'] as const) {
    const [a, b] = [await allRows(found[split]!), await allRows(expected[split]!)];
    expect(a).toHaveLength(b.length);
    // Two roundings to float32 of numbers below 1.
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(2 ** -23);
  }
  expect(rescaled(found, range)).toBe(found);
});
