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

describe('the horizontal axis', () => {
  /** The texts of the first panel's ticks along the axis, with their positions as shares of its length of 900 pixels. */
  const ticks = (times: readonly string[] | undefined, count = times!.length): (readonly [string, number])[] => {
    const values = new Float32Array(count);
    const svg = recordingFigure({
      title: '',
      channels: [{ name: 'x', values }],
      scores: values,
      threshold: 1,
      ...(times && { times }),
    });
    const panel = svg.slice(0, svg.indexOf(times === undefined ? '>instant<' : '>time<'));
    return [...panel.matchAll(/<text x="([\d.]+)"[^>]*text-anchor="middle"[^>]*>([^<]+)</g)].map(
      ([, x, text]) => [text!, Number(x) / 900] as const,
    );
  };

  test('shows round times, where the instants next to them are', () => {
    // Two instants per second for 100 s, then one per second for 100 s.
    const times = [
      ...Array.from({ length: 200 }, (_, i) => `${i / 2}`),
      ...Array.from({ length: 101 }, (_, i) => `${100 + i}`),
    ];
    const shown = new Map(ticks(times));
    expect(shown.get('0')).toBe(0);
    expect(shown.get('40')).toBeCloseTo(80 / 300, 4);
    expect(shown.get('100')).toBeCloseTo(200 / 300, 4);
    expect(shown.get('200')).toBe(1);
  });

  test('shows dates in UTC', () => {
    const hours = Array.from({ length: 49 }, (_, i) => new Date(Date.UTC(2026, 1, 27, i)).toISOString());
    const expected = [
      ['Fri 27', 0],
      ['12 PM', 12 / 48],
      ['Sat 28', 24 / 48],
      ['March', 1],
    ] as const;
    for (const times of [
      hours,
      hours.map((hour) => hour.replace('T', ' ').replace('.000Z', '')),
      hours.map((_, i) => new Date(Date.UTC(2026, 1, 27, i + 2)).toISOString().replace('Z', '+0200')),
    ]) {
      const shown = ticks(times);
      for (const [text, at] of expected) expect(shown.find((tick) => tick[0] === text)?.[1], text).toBeCloseTo(at, 4);
    }
  });

  test('shows the numbers of instants if times are missing, are texts, or do not ascend', () => {
    expect(ticks(undefined, 3).at(-1)).toEqual(['2.0', 1]);
    for (const times of [
      ['a', 'b', 'c'],
      ['0', '2', '1'],
      ['', '1', '2'],
      ['0', '1', '2026-01-01'],
    ]) {
      expect(
        recordingFigure({
          title: '',
          channels: [{ name: 'x', values: [0, 0, 0] }],
          scores: [0, 0, 0],
          threshold: 1,
          times,
        }),
      ).toContain('>instant<');
    }
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
