import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beatFigure, curve, errorHistograms, latentScatter, lossCurves } from '../src/figures/index.ts';
import { corners, expectRead, expectWellFormed, paths, plots, texts, wave, xAxis, yAxis } from './figures.support.ts';

describe('beats', () => {
  const beats = [0, 1].map((phase) => {
    const samples = Float32Array.from(wave(140, phase));
    return { title: `Beat ${phase}`, samples, reconstruction: wave(140, phase + 0.3), error: 0.012345 };
  });
  const svg = beatFigure({ beats });

  test('both curves can be read off the axes, and all beats share the y axis', () => {
    expect(new Set(plots(svg).map((plot) => yAxis(plot).unit)).size).toBe(1);
    plots(svg).forEach((plot, i) => {
      const [, beat, reconstruction] = paths(plot).map(corners);
      for (const line of [beat!, reconstruction!])
        expectRead(
          line.map(([x]) => x),
          xAxis(plot),
          Array.from({ length: 140 }, (_, sample) => sample),
        );
      expectRead(
        beat!.map(([, y]) => y),
        yAxis(plot),
        beats[i]!.samples,
      );
      expectRead(
        reconstruction!.map(([, y]) => y),
        yAxis(plot),
        beats[i]!.reconstruction,
      );
    });
  });

  test('the filled area is the integral of the difference', () => {
    const { samples } = beats[0]!;
    const below = samples.map((sample, i) => sample - 0.1 - i / 1000);
    const plot = plots(beatFigure({ beats: [{ ...beats[0]!, reconstruction: below }] }))[0]!;
    const polygon = corners(paths(plot)[0]!).map(([x, y]) => [xAxis(plot).read(x), yAxis(plot).read(y)] as const);
    const shoelace = polygon.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = polygon[(i + 1) % polygon.length]!;
      return sum + (x * nextY - nextX * y) / 2;
    }, 0);
    // 0.1 + x / 1000 from 0 to 139.
    expect(Math.abs(shoelace)).toBeCloseTo(13.9 + 139 ** 2 / 2000, 2);
  });

  test('everything is labelled', () => {
    const beatTitle = 'Beat 0 · mean absolute error 0.0123';
    expect(texts(svg)).toEqual(
      expect.arrayContaining([beatTitle, 'beat', 'reconstruction', 'difference', 'sample', 'amplitude']),
    );
  });

  test('mistakes', () => {
    const beat = beats[0]!;
    expect(() => beatFigure({ beats: [] })).toThrow(RangeError);
    expect(() => beatFigure({ beats: [{ ...beat, reconstruction: wave(139) }] })).toThrow(/140 samples.*found 139/);
    expect(() => beatFigure({ beats: [{ ...beat, samples: [], reconstruction: [] }] })).toThrow(/Beat 0.*none/);
    const diverged = wave(140).with(7, Number.NaN);
    expect(() => beatFigure({ beats: [{ ...beat, reconstruction: diverged }] })).toThrow(/NaN.*Beat 0.*index 7/);
  });
});

describe('histograms', () => {
  /** The counts of each group, read off the heights of its steps. */
  const counts = (svg: string) => {
    const plot = plots(svg)[0]!;
    return paths(plot).map((d) =>
      [...d.matchAll(/V([\d.]+)H/g)].map(([, y]) => {
        const count = yAxis(plot).read(Number(y));
        expect(Math.abs(count - Math.round(count))).toBeLessThan(0.02 / Math.abs(yAxis(plot).unit));
        return Math.round(count);
      }),
    );
  };

  test('counts over common bins, with the largest error in the last bin', () => {
    const svg = errorHistograms({
      normal: [0, 0.05, 0.15, 0.15, 0.4],
      abnormal: [0.25, 0.35],
      threshold: 0.2,
      bins: 4,
    });
    expect(counts(svg)).toEqual([
      [2, 2, 0, 1],
      [0, 0, 1, 1],
    ]);
    const edges = [...paths(plots(svg)[0]!)[0]!.matchAll(/H([\d.]+)/g)].map(([, x]) => Number(x));
    expectRead(edges, xAxis(plots(svg)[0]!), [0.1, 0.2, 0.3, 0.4]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['normal (5)', 'abnormal (2)', 'threshold 0.2', 'beats']));
  });

  test('every beat is in one of 50 bins', () => {
    const errors = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 300 });
    fc.assert(
      fc.property(errors, errors, (normal, abnormal) => {
        const groups = counts(errorHistograms({ normal, abnormal, threshold: 0.5 }));
        expect(groups.map((group) => group.length)).toEqual([50, 50]);
        expect(groups.map((group) => group.reduce((sum, count) => sum + count))).toEqual([
          normal.length,
          abnormal.length,
        ]);
      }),
    );
  });

  test.each([0.031, 0, 0.5])(
    'the threshold %d is at its position on the axis, even outside the errors',
    (threshold) => {
      const plot = plots(errorHistograms({ normal: [0.01, 0.02], abnormal: [0.03, 0.08], threshold }))[0]!;
      const [, at] = plot.match(/<path d="M([\d.]+),\d+V0"/)!;
      expectRead([Number(at)], xAxis(plot), [threshold]);
    },
  );

  test('mistakes', () => {
    const errors = { normal: [0.1], abnormal: [0.2], threshold: 0.15 };
    for (const bins of [0, 2.5, Number.NaN])
      expect(() => errorHistograms({ ...errors, bins })).toThrow(`found ${bins}`);
    expect(() => errorHistograms({ ...errors, normal: [1, Number.NaN] })).toThrow(/NaN.*normal beats, at index 1/);
    expect(() => errorHistograms({ ...errors, threshold: Number.POSITIVE_INFINITY })).toThrow(/Infinity.*threshold/);
  });
});

describe('losses', () => {
  const series = (scale: number) => [
    { name: 'training', values: wave(25).map((value) => value * scale) },
    { name: 'validation', values: Float32Array.from(wave(25, 1), (value) => value * scale) },
  ];

  test('each value is drawn at its epoch, counted from 1, in the whole loss and in its parts', () => {
    const parts = [
      { yLabel: '1000 × MSE', series: series(30) },
      { yLabel: 'KL', series: series(5) },
    ];
    const svg = lossCurves({ title: 'Losses', yLabel: 'loss', series: series(35), parts });
    expect(plots(svg)).toHaveLength(3);
    plots(svg).forEach((plot, i) => {
      const lines = paths(plot)
        .filter((d) => !d.includes('M0,0'))
        .map(corners);
      expect(lines).toHaveLength(2);
      lines.forEach((line, j) => {
        expectRead(
          line.map(([x]) => x),
          xAxis(plot),
          Array.from({ length: 25 }, (_, epoch) => epoch + 1),
        );
        expectRead(
          line.map(([, y]) => y),
          yAxis(plot),
          series([35, 30, 5][i]!)[j]!.values,
        );
      });
    });
    expect(texts(svg)).toEqual(expect.arrayContaining(['Losses', 'training', 'validation', 'epoch', 'loss', 'KL']));
  });

  test('non-finite values leave gaps', () => {
    const values = [0.5, 0.4, Number.NaN, 0.2, Number.POSITIVE_INFINITY, 0.1];
    const curves = (drawn: number[]) =>
      lossCurves({ title: 'L', yLabel: 'loss', series: [{ name: 'a', values: drawn }] });
    const svg = curves(values);
    expectWellFormed(svg);
    expect(svg).not.toMatch(/NaN|Infinity/);
    const [plot] = plots(svg);
    expect(paths(plot!)[0]!.match(/M/g)).toHaveLength(3); // 0.5 to 0.4, 0.2, 0.1
    expect(yAxis(plot!).unit).toBe(yAxis(plots(curves([0.5, 0.4, 0.3, 0.2, 0.15, 0.1]))[0]!).unit);
    expectWellFormed(curves([Number.NaN, Number.NaN]));
  });

  test('mistakes', () => {
    const whole = { title: 'Losses', yLabel: 'loss', series: series(1) };
    expect(() => lossCurves({ ...whole, series: [] })).toThrow(RangeError);
    expect(() => lossCurves({ ...whole, series: [{ name: 'training', values: [] }] })).toThrow(/training.*none/);
    const parts = [{ yLabel: 'KL', series: series(1).slice(1) }];
    expect(() => lossCurves({ ...whole, parts })).toThrow(/training, validation; KL has validation/);
  });
});

describe('curve', () => {
  test('doublings have the same length everywhere, and points can be read off', () => {
    const points = [128, 2, 3, 32, 8].map((x) => ({ x, y: 0.05 / x }));
    const svg = curve({ title: 'By latent size', xLabel: 'latent size', yLabel: 'MSE', points });
    const plot = plots(svg)[0]!;
    const drawn = [...plot.matchAll(/<circle cx="(.*?)" cy="(.*?)"/g)].map(
      ([, x, y]) => [Number(x), Number(y)] as const,
    );
    const sorted = [2, 3, 8, 32, 128];
    expectRead(
      drawn.map(([x]) => x),
      xAxis(plot, Math.log2),
      sorted.map(Math.log2),
    );
    expectRead(
      drawn.map(([, y]) => y),
      yAxis(plot),
      sorted.map((x) => 0.05 / x),
    );
    const line = corners(paths(plot)[0]!);
    line.forEach(([x, y], i) => {
      expect(Math.hypot(x - drawn[i]![0], y - drawn[i]![1])).toBeLessThan(0.01);
    });
    expect(line).toHaveLength(5);
    expect(texts(svg)).toEqual(expect.arrayContaining(['2', '4', '8', '16', '32', '64', '128', 'latent size', 'MSE']));
  });

  test('mistakes', () => {
    const labels = { title: 'By latent size', xLabel: 'latent size', yLabel: 'MSE' };
    expect(() => curve({ ...labels, points: [] })).toThrow(RangeError);
    expect(() => curve({ ...labels, points: [{ x: 0, y: 1 }] })).toThrow(/found 0 in the latent size/);
    expect(() => curve({ ...labels, points: [{ x: 2, y: Number.NaN }] })).toThrow(/NaN.*MSE/);
  });
});

describe('all data gives well-formed SVG with finite numbers', () => {
  const check = (svg: string) => {
    expectWellFormed(svg);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
  };
  const text = fc.constantFrom('loss', '<&>"\'', ']]>', '\u0000\ud800');
  const values = (minLength: number) =>
    fc.oneof(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength, maxLength: 20 }),
      fc
        .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: minLength, max: 20 }))
        .map(([value, length]) => new Array<number>(length).fill(value)),
    );

  test('beats', () => {
    fc.assert(
      fc.property(text, values(1), (title, samples) => {
        check(beatFigure({ beats: [{ title, samples, reconstruction: samples.toReversed(), error: 0 }] }));
      }),
    );
  });
  test('histograms, including without beats', () => {
    fc.assert(
      fc.property(
        values(0),
        values(0),
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        (normal, abnormal, threshold) => {
          check(errorHistograms({ normal, abnormal, threshold }));
        },
      ),
    );
    check(errorHistograms({ normal: [], abnormal: [], threshold: 0 }));
  });
  test('losses', () => {
    fc.assert(
      fc.property(text, values(1), values(1), (name, a, b) => {
        const series = [
          { name, values: a },
          { name, values: b },
        ];
        check(lossCurves({ title: name, yLabel: name, series, parts: [{ yLabel: name, series }] }));
      }),
    );
  });
  test('codes, including with empty classes and without codes', () => {
    fc.assert(
      fc.property(text, values(0), (name, numbers) => {
        const points = Float32Array.from(numbers.slice(numbers.length % 2));
        const labels = new Uint8Array(points.length / 2);
        check(latentScatter({ points, labels, classes: [name, 'empty'] }));
      }),
    );
  });
  test('curves', () => {
    const point = fc.record({
      x: fc.float({ min: Math.fround(1e-30), noNaN: true, noDefaultInfinity: true }),
      y: fc.float({ noNaN: true, noDefaultInfinity: true }),
    });
    fc.assert(
      fc.property(text, fc.array(point, { minLength: 1, maxLength: 9 }), (title, points) => {
        check(curve({ title, points, xLabel: title, yLabel: title }));
      }),
    );
  });
});
