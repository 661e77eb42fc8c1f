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
    const [panel] = svg.split(/>(?:instant|time)[^<]*</);
    return [...panel!.matchAll(/<text x="([\d.]+)"[^>]*text-anchor="middle"[^>]*>([^<]+)</g)].map(
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

  const labelOf = (times: readonly string[]): string => {
    const values = new Float32Array(times.length);
    const svg = recordingFigure({ title: '', channels: [{ name: 'x', values }], scores: values, threshold: 1, times });
    return />((?:instant|time)[^<]*)</.exec(svg)![1]!;
  };

  /** The texts of the ticks, and of the label below them. */
  const axisOf = (times: readonly string[]): { ticks: string[]; label: string } => {
    const texts = ticks(times);
    return { ticks: texts.map(([text]) => text), label: labelOf(times) };
  };
  const dates = (count: number, minutes: number, from = Date.UTC(2026, 1, 27)): string[] =>
    Array.from({ length: count }, (_, i) => new Date(from + i * minutes * 60_000).toISOString());

  test('shows times of day, and days at midnight', () => {
    const hours = dates(49, 60).map((hour) => hour.replace('T', ' ').replace('.000Z', ''));
    // The text of the last tick would end right of the figure.
    expect(ticks(hours).filter((_, i) => i % 2 === 0)).toEqual([
      ['2026-02-27', 0],
      ['12:00', 12 / 48],
      ['2026-02-28', 24 / 48],
      ['12:00', 36 / 48],
    ]);
    expect(axisOf(hours).label).toBe('time');
    expect(axisOf(dates(11, 1, Date.UTC(2026, 1, 27, 13))).ticks).toContain('13:05');
  });

  test('names the day if no tick does', () =>
    expect(axisOf(dates(11, 1, Date.UTC(2026, 1, 27, 13))).label).toBe('time on 2026-02-27 (UTC)'));

  test('shows months and years as such', () => {
    expect(axisOf(dates(300, 24 * 60)).ticks).toContain('2026-07');
    expect(axisOf(dates(3000, 24 * 60)).ticks).toContain('2030');
  });

  test('converts times with an offset to UTC, and says so', () => {
    const hours = dates(49, 60, Date.UTC(2026, 1, 27, 2)).map((hour) => hour.replace('Z', '+0200'));
    expect(axisOf(hours)).toEqual({ ticks: axisOf(dates(49, 60)).ticks, label: 'time (UTC)' });
  });

  test('leaves out texts that would overlap, and shows instants if a gap leaves no room', () => {
    const nanoseconds = Array.from({ length: 100 }, (_, i) => `${1_767_225_600 + i}000000000`);
    expect(ticks(nanoseconds).length).toBeLessThan(6);
    const gap = [
      ...Array.from({ length: 50 }, (_, i) => `${i}`),
      ...Array.from({ length: 50 }, (_, i) => `${1e6 + i}`),
    ];
    expect(labelOf(gap)).toBe('instant');
  });

  test('accepts equal times', () => expect(ticks(['0', '1', '1', '2', '2']).map(([text]) => text)).toContain('2.0'));

  test('shows the numbers of instants if times are missing, are texts, or do not ascend', () => {
    expect(ticks(undefined, 3).at(-1)).toEqual(['2.0', 1]);
    for (const times of [
      ['a', 'b', 'c'],
      ['0', '2', '1'],
      ['', '1', '2'],
      ['0', '1', '2026-01-01'],
    ]) {
      expect(labelOf(times)).toBe('instant');
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
