import { describe, expect, test } from 'vitest';
import {
  autocorrelation,
  cutOf,
  fillGaps,
  instantScores,
  isNormal,
  periodOf,
  quantile,
  type Recording,
  scalingOf,
  splitWindows,
  windowsOf,
} from '../../src/index.ts';

const recording = (values: readonly number[], about: Partial<Recording> = {}): Recording => ({
  name: 'a.csv',
  file: 'a.csv',
  length: values.length,
  values: Float32Array.from(values),
  normal: undefined,
  times: undefined,
  ...about,
});
const set = (layout: 'series' | 'recording', recordings: readonly Recording[]) => ({
  layout,
  channels: ['value'],
  recordings,
  fromColumns: false,
});
const count = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('windows', () => {
  test('the last one ends with the recording', () => {
    expect(windowsOf(recording(count(21)), { window: 8, stride: 5 }).map(({ start }) => start)).toEqual([0, 5, 10, 13]);
  });

  test('an instant has the mean score of the windows that cover it', () => {
    const cut = { window: 4, stride: 3 };
    const windows = windowsOf(recording(count(12)), cut);
    const scores = [1, 2, 4, 8];
    const expected = count(12).map((t) => {
      const covering = windows.flatMap(({ start }, i) => (start <= t && t < start + 4 ? [scores[i]!] : []));
      return covering.reduce((sum, score) => sum + score, 0) / covering.length;
    });
    expect([...instantScores(windows, scores, cut, 12)]).toEqual(expected);
  });

  test('a window is abnormal if one of its instants is', () => {
    const normal = new Uint8Array(12).fill(1);
    normal[7] = 0;
    const windows = windowsOf(recording(count(12), { normal }), { window: 4, stride: 4 });
    expect(windows.map((window) => isNormal(window, { window: 4, stride: 4 }))).toEqual([true, false, true]);
  });

  test('the default window is the period', () => {
    const { window, why } = cutOf(
      set('recording', [recording(count(4000).map((t) => Math.sin((2 * Math.PI * t) / 50)))]),
      {},
    );
    expect(window).toBe(50);
    expect(why).toMatch(/the period is about 50, so windows have 50 instants/);
  });

  test('long windows overlap less, so that they fit in memory', () => {
    const long = recording(count(1_000_000));
    const cut = cutOf(set('recording', [long]), { window: 100_000 });
    expect(windowsOf(long, cut).length * cut.window).toBeLessThan(2 ** 24);
    expect(cut.stride).toBeLessThanOrEqual(25_000);
    expect(cutOf(set('recording', [long]), { window: 200 }).stride).toBe(50);
  });

  test('a window longer than the recording throws', () => {
    expect(() => cutOf(set('recording', [recording(count(30))]), { window: 40 })).toThrow(
      /--window 40 is longer than the recording: a\.csv has 30 instants/,
    );
  });
});

const AUTOCORRELATION = [1, 0.2727272727272727, -0.0606060606060606, -0.8181818181818182];

describe('the period of a signal', () => {
  test('is the lag of the highest peak of its autocorrelation', () => {
    // Computed with NumPy: (d[:n-k] * d[k:]).sum() / (n - k) / d.var().
    const found = autocorrelation([1, 3, 2, 5, 4, 4, 1, 0]);
    for (const [k, value] of AUTOCORRELATION.entries()) expect(found[k]).toBeCloseTo(value, 10);
    expect(periodOf(count(3000).map((t) => (t % 37 < 5 ? 1 : 0)))).toBe(37);
  });

  test('is found in spite of a trend', () => {
    const rising = count(2000).map((t) => 300 + t / 40 + 3 * Math.sin((2 * Math.PI * t) / 52));
    expect(periodOf(rising)).toBe(52);
  });

  test('noise, constants and lines have none', () => {
    let state = 1;
    const noise = count(3000).map(() => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    });
    expect(periodOf(noise)).toBeUndefined();
    for (const value of [3, 0.1]) expect(periodOf(new Array<number>(100).fill(value))).toBeUndefined();
    expect(periodOf(count(1000).map((t) => 0.1 * t))).toBeUndefined();
  });
});

describe('the split', () => {
  const length = 8;
  const series = count(50).map((i) => recording(count(length).map((t) => (i % 25) + t / 10)));
  const cut = { window: length, stride: length };

  test('copies of a series are on one side, and the share is as requested', () => {
    const { train, validation } = splitWindows(set('series', series), cut, 0.2);
    const first = (windows: readonly { recording: Recording }[]): Set<number> =>
      new Set(windows.map((window) => window.recording.values[0]!));
    expect(validation).toHaveLength(10);
    expect(train).toHaveLength(40);
    for (const value of first(validation)) expect(first(train)).not.toContain(value);
  });

  test('copies of one series can’t be split', () => {
    const copies = [0, 1].map(() => recording(count(length)));
    expect(() => splitWindows(set('series', copies), cut, 0.2)).toThrow(
      /All 2 normal series are the same; at least two different ones are needed/,
    );
  });

  test('series of different lengths are held back as a whole', () => {
    const unequal = count(20).map((i) => recording(count(length + (i % 3)).map((t) => i + t / 10)));
    const { train, validation } = splitWindows(set('series', unequal), { window: length, stride: 1 }, 0.2);
    const of = (windows: readonly { recording: Recording }[]) => new Set(windows.map(({ recording }) => recording));
    expect(of(validation).size).toBe(4);
    expect(of(train).size).toBe(16);
    expect(train.length + validation.length).toBe(unequal.reduce((sum, own) => sum + own.length - length + 1, 0));
  });

  test('depends on content and seed, not on order', () => {
    const chosen = (recordings: readonly Recording[], seed: number): number[] =>
      splitWindows(set('series', recordings), cut, 0.2, seed)
        .validation.map((window) => window.recording.values[0]!)
        .sort((a, b) => a - b);
    expect(chosen(series.toReversed(), 1)).toEqual(chosen(series, 1));
    expect(chosen(series, 2)).not.toEqual(chosen(series, 1));
  });

  test('holds back the last part of a recording, and no window overlaps both parts', () => {
    const { train, validation } = splitWindows(
      set('recording', [recording(count(100))]),
      { window: 8, stride: 3 },
      0.3,
    );
    expect(Math.max(...train.map(({ start }) => start + 8))).toBeLessThanOrEqual(70);
    expect(Math.min(...validation.map(({ start }) => start))).toBeGreaterThanOrEqual(70);
  });

  test('never uses abnormal windows for training', () => {
    const normal = new Uint8Array(100).fill(1).fill(0, 20, 25);
    const { train, abnormal } = splitWindows(
      set('recording', [recording(count(100), { normal })]),
      { window: 8, stride: 3 },
      0.3,
    );
    expect(train.every((window) => isNormal(window, { window: 8, stride: 3 }))).toBe(true);
    expect(abnormal.map(({ start }) => start)).toEqual([15, 18, 21, 24]);
    normal.fill(0);
    expect(() =>
      splitWindows(set('recording', [recording(count(100), { normal })]), { window: 8, stride: 3 }, 0.3),
    ).toThrow(/All 32 windows are abnormal/);
    const labels = new Map([
      ['worn', 8],
      ['', 92],
    ]);
    const all = { ...set('recording', [recording(count(100), { normal })]), labels };
    expect(() => splitWindows(all, { window: 8, stride: 3 }, 0.3)).toThrow(
      /The labels are \(empty\) \(92 times\), worn \(8 times\)\. Check --label and --normal/,
    );
  });
});

describe('scaling', () => {
  const of = (values: readonly number[], scale: 'minmax' | 'robust' | 'standard') =>
    scalingOf([{ recording: recording(values), start: 0, end: values.length }], ['value'], scale);

  test('by range, quartiles, and standard deviation', () => {
    const values = [1, 2, 4, 8, 16.5];
    expect(of(values, 'minmax')).toEqual({ offset: [1], unit: [15.5] });
    expect(of(values, 'robust')).toEqual({ offset: [4], unit: [6] });
    expect(of(values, 'standard').offset[0]).toBeCloseTo(6.3, 12);
    expect(of(values, 'standard').unit[0]).toBeCloseTo(5.635601121442148, 12); // numpy.std
    // numpy.quantile(values, [0.1, 0.9])
    expect(quantile(values, 0.1)).toBeCloseTo(1.4, 12);
    expect(quantile(values, 0.9)).toBeCloseTo(13.1, 12);
  });

  test.each(['minmax', 'robust', 'standard'] as const)('a constant channel throws, %s', (scale) => {
    expect(() => of(new Array<number>(9).fill(0.1), scale)).toThrow(/Channel value is constant in the training data/);
  });
});

test('a channel that rounding to 32 bits makes constant or coarse throws', () => {
  const failure = (size: number) => {
    const values = count(100).map((t) => 1e8 + size * Math.sin(t / 8));
    return () => scalingOf([{ recording: recording(values), start: 0, end: 100 }], ['x'], 'standard');
  };
  expect(failure(1)).toThrow(
    'Channel x is constant in the training data (100000000). 32-bit numbers are 8 apart here: if the channel varies by less, subtract its mean, for example with --query. There',
  );
  expect(failure(30)).toThrow(
    'Channel x varies by only 64 around 100000000 in the training data, where 32-bit numbers are 8 apart. Subtract its mean, for example with --query.',
  );
  expect(failure(100)).not.toThrow();
});

describe('gaps', () => {
  const gaps = [Number.NaN, 1, Number.NaN, Number.NaN, 4, Number.NaN];
  const filled = (how: 'linear' | 'previous'): number[] => {
    const values = Float64Array.from(gaps);
    fillGaps(values, how, 'a.csv', String);
    return [...values];
  };

  test('are filled by linear interpolation, or with the previous number', () => {
    expect(filled('linear')).toEqual([1, 1, 2, 3, 4, 4]);
    expect(filled('previous')).toEqual([1, 1, 1, 1, 4, 4]);
  });

  test('throw without `fill`, with the first rows', () => {
    expect(() => fillGaps(Float64Array.from(gaps), undefined, 'a.csv', (i) => `line ${i + 2}`)).toThrow(
      /a\.csv: numbers are missing in line 2, line 4, line 5, line 7\. Fill the gaps with --fill/,
    );
    for (const [value, text] of [
      [Number.NEGATIVE_INFINITY, '-Infinity'],
      [1e39, '1e\\+39'],
    ] as const)
      expect(() => fillGaps(Float64Array.of(1, value), 'linear', 'a.npy', (i) => `row ${i + 1}`)).toThrow(
        new RegExp(`^a\\.npy: the number in row 2 is ${text}, too large for 32 bits`),
      );
    expect(() => fillGaps(new Float64Array(3).fill(Number.NaN), 'linear', 'a.csv', String)).toThrow(
      /a\.csv has no numbers/,
    );
  });
});
