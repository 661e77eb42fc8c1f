import { describe, expect, test } from 'vitest';
import { recordingFigure, stretchesAbove, windowFigure } from '../src/index.ts';

describe('the figure of a recording', () => {
  const length = 100_000;
  const values = new Float32Array(length);
  values[60_001] = 5;
  const scores = new Float32Array(length).fill(0.1).fill(0.9, 59_990, 60_010);
  const svg = recordingFigure({
    title: 'a.csv',
    channels: [{ name: 'x', values }],
    scores,
    threshold: 0.5,
    labelled: [{ start: 60_000, end: 60_002 }],
  });

  test('shades stretches above the threshold in signal and score, and marks labelled stretches', () => {
    const shaded = [...svg.matchAll(/<rect x="([\d.]+)" y="0" width="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(shaded).toHaveLength(2);
    // 900 pixels for 100 000 instants.
    for (const x of shaded) expect(x).toBeCloseTo(0.009 * 59_990, 0);
    expect(svg).toContain('labelled abnormal');
    expect(svg).toContain('above the threshold (1 stretch)');
  });

  test('preserves a peak of one instant', () => {
    const flat = recordingFigure({
      title: 'a.csv',
      channels: [{ name: 'x', values: new Float32Array(length) }],
      scores,
      threshold: 0.5,
    });
    expect(svg).toMatch(/>5</); // a tick of the axis
    expect(flat).not.toMatch(/>5</);
  });

  test('needs as many values as scores, and finite ones', () => {
    const figure = (values: number[], scores: number[]) => () =>
      recordingFigure({ title: '', channels: [{ name: 'x', values }], scores, threshold: 1 });
    expect(figure([1, 2], [1])).toThrow(RangeError);
    expect(figure([1, Number.NaN], [1, 1])).toThrow(/x, at index 1/);
  });
});

test('stretches start and end with scores above the threshold; a score equal to it is not part of one', () => {
  expect(stretchesAbove([2, 1, 2, 2, 0, 3], 1)).toEqual([
    { start: 0, end: 1 },
    { start: 2, end: 4 },
    { start: 5, end: 6 },
  ]);
});

test('a window’s reconstruction must have its length', () => {
  expect(() => windowFigure({ title: '', windows: [{ title: 'w', samples: [1, 2], reconstruction: [1] }] })).toThrow(
    RangeError,
  );
  expect(windowFigure({ title: '', windows: [{ title: 'w', samples: [1, 2], reconstruction: [1, 2] }] })).toContain(
    'w',
  );
});

test('a window of 100 000 instants is drawn with as many points as pixels, and preserves a peak of one instant', () => {
  const samples = new Float32Array(100_000);
  const draw = () =>
    windowFigure({ title: '', windows: [{ title: 'w', samples, reconstruction: new Float32Array(100_000) }] });
  expect(draw()).not.toMatch(/>5</);
  samples[60_001] = 5;
  const svg = draw();
  expect(svg).toMatch(/>5</); // a tick of the axis
  expect(svg.match(/L/g)!.length).toBeLessThan(10_000);
});
