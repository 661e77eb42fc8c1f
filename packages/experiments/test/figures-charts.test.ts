import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beatFigure, curve, errorHistograms, latentScatter, lossCurves, manifoldGrid } from '../src/figures/index.ts';
import { MARKERS, PALETTE } from '../src/figures/palette.ts';
import { expectWellFormed, image, pictures, texts, unscale } from './figures.support.ts';

/** The SVG of each plot, from its ground on. */
const plots = (svg: string) => svg.split(/<rect width="\d+" height="\d+" fill="#ffffff"\/>\n/).slice(1);

const number = (label: string) => Number(label.replace('−', '-').replaceAll(',', ''));

/** Reads numbers off an axis as one does by eye: from pixels between two ticks and their labels. */
function reader(ticks: RegExpMatchArray[], transform = (value: number) => value) {
  expect(ticks.length).toBeGreaterThan(1);
  const ends = [ticks[0]!, ticks.at(-1)!].map(([, at, label]) => [Number(at), transform(number(label!))] as const);
  const [[from, first], [to, last]] = ends as [(typeof ends)[0], (typeof ends)[0]];
  const unit = (to - from) / (last - first);
  return { unit, read: (pixels: number) => first + (pixels - from) / unit };
}
const xAxis = (plot: string, transform?: (value: number) => number) =>
  reader([...plot.matchAll(/<path d="M([\d.]+),\d+v4"[^>]*>\n<text [^>]*>([^<]*)</g)], transform);
const yAxis = (plot: string) =>
  reader([...plot.matchAll(/<path d="M0,([\d.]+)H\d+"[^>]*>\n<text [^>]*"end">([^<]*)</g)]);

/** The paths of a plot's data, which alone have a colour of the palette. */
const paths = (plot: string) =>
  [...plot.matchAll(/<path [^>]*?\bd="([^"]+)"[^>]*(?:fill|stroke)="(#\w+)"/g)]
    .filter(([, , colour]) => PALETTE.some((other) => other === colour))
    .map(([, d]) => d!);
const corners = (d: string) =>
  [...d.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

/** Every number is within half a hundredth of a pixel, for both the ticks and the mark. */
function expectRead(
  pixels: readonly number[],
  axis: ReturnType<typeof reader>,
  values: ArrayLike<number>,
  slack = 0.02,
) {
  expect(pixels).toHaveLength(values.length);
  pixels.forEach((at, i) => {
    expect(Math.abs(axis.read(at) - values[i]!)).toBeLessThan(slack / Math.abs(axis.unit));
  });
}

const wave = (length: number, phase = 0) => Array.from({ length }, (_, i) => 0.5 + 0.4 * Math.sin(i / 9 + phase));

describe('beats', () => {
  const beats = [0, 1].map((phase) => {
    const samples = Float32Array.from(wave(140, phase));
    return { title: `Beat ${phase}`, samples, reconstruction: wave(140, phase + 0.3), error: 0.012345 };
  });
  const svg = beatFigure({ beats });

  test('both curves can be read off the axes, and all beats have the same', () => {
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

  test('what is what is written', () => {
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

  test('counts over common bins, the last of which holds the greatest', () => {
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

  test.each([0.031, 0, 0.5])('the threshold %d is where the axis says, even beyond all errors', (threshold) => {
    const plot = plots(errorHistograms({ normal: [0.01, 0.02], abnormal: [0.03, 0.08], threshold }))[0]!;
    const [, at] = plot.match(/<path d="M([\d.]+),\d+V0"/)!;
    expectRead([Number(at)], xAxis(plot), [threshold]);
  });

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

  test('each value stands over its epoch, counted from 1, in the whole and in its parts', () => {
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

  test('mistakes', () => {
    const whole = { title: 'Losses', yLabel: 'loss', series: series(1) };
    expect(() => lossCurves({ ...whole, series: [] })).toThrow(RangeError);
    expect(() => lossCurves({ ...whole, series: [{ name: 'training', values: [] }] })).toThrow(/training.*none/);
    const values = [0.5, Number.POSITIVE_INFINITY];
    expect(() => lossCurves({ ...whole, series: [{ name: 'training', values }] })).toThrow(
      /Infinity.*training.*index 1/,
    );
    const parts = [{ yLabel: 'KL', series: series(1).slice(1) }];
    expect(() => lossCurves({ ...whole, parts })).toThrow(/training, validation; KL has validation/);
  });
});

describe('latent plane', () => {
  const classes = Array.from({ length: 10 }, (_, i) => `Class ${i}`);
  const points = Float32Array.from({ length: 20_000 }, (_, i) => 6 * Math.sin(i * i) * (i % 2 === 0 ? 1 : 0.7));
  const labels = Uint8Array.from({ length: 10_000 }, (_, i) => i % 10);
  const svg = latentScatter({ points, labels, classes });

  test('every code is where the axes say, in its class', () => {
    const plot = plots(svg)[0]!;
    const drawn = paths(plot).map((d) =>
      [...d.matchAll(/M([\d.]+),([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const),
    );
    expect(drawn).toHaveLength(10);
    drawn.forEach((codes, label) => {
      const expected = (axis: 0 | 1) => codes.map((_, i) => points[2 * (label + 10 * i) + axis]!);
      expect(codes).toHaveLength(1000);
      // To a tenth of a pixel, so half of it away, and the ticks' own rounding.
      expectRead(
        codes.map(([x]) => x),
        xAxis(plot),
        expected(0),
        0.07,
      );
      expectRead(
        codes.map(([, y]) => y),
        yAxis(plot),
        expected(1),
        0.07,
      );
    });
  });

  test('one unit is as long on both axes, also for a flat cloud', () => {
    for (const flat of [1, 0.01]) {
      const plot = plots(latentScatter({ points: points.map((z, i) => (i % 2 ? z * flat : z)), labels, classes }))[0]!;
      // Ticks are hundreds of pixels apart, and rounded to a hundredth.
      expect(xAxis(plot).unit / -yAxis(plot).unit).toBeCloseTo(1, 3);
    }
  });

  test('ten thousand codes take less than 1.5 MB', () => {
    expect(svg.length).toBeLessThan(1_500_000);
  });

  test('each class has a colour and a marker, in the legend too', () => {
    for (const [i, name] of classes.entries()) {
      const [, marker, colour] = svg.match(
        new RegExp(`d="M0,0([^"]*)" fill="(#\\w+)"(?:(?!<path)[^])*?>${name} \\(1000\\)<`),
      )!;
      expect([marker, colour]).toEqual([MARKERS[i], PALETTE[i]]);
    }
    expect(new Set(MARKERS).size).toBe(10);
  });

  test('names that share a place are moved apart, within the plot', () => {
    const place = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(fc.array(place, { minLength: 10, maxLength: 10 }), (places) => {
        const figure = latentScatter({
          points: Float32Array.from(places.flat()),
          labels: [...classes.keys()],
          classes,
        });
        const tags = [...figure.matchAll(/<rect x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)" rx/g)].map((match) => {
          const [x, y, width, height] = match.slice(1).map(Number);
          return { x: x!, y: y!, right: x! + width!, bottom: y! + height! };
        });
        const [, width, height] = figure.match(/<rect width="(\d+)" height="(\d+)" fill="#ffffff"/)!.map(Number);
        expect(tags).toHaveLength(10);
        tags.forEach((a, i) => {
          // A place is written to a tenth of a pixel.
          expect(Math.min(a.x, a.y, width! - a.right, height! - a.bottom)).toBeGreaterThan(-0.1);
          for (const b of tags.slice(i + 1))
            expect(a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y).toBe(true);
        });
      }),
    );
  });

  test('mistakes', () => {
    const codes = Float32Array.of(0, 1, 2, 3);
    expect(() => latentScatter({ points: codes, labels: [0], classes })).toThrow(/1 labels needs 2.*found 4/);
    expect(() => latentScatter({ points: codes, labels: [0, 10], classes })).toThrow(/10 classes; found 10 at index 1/);
    expect(() => latentScatter({ points: codes, labels: [0, 0.5], classes })).toThrow(/found 0.5/);
    expect(() => latentScatter({ points: codes, labels: [0, 1], classes: [...classes, 'one more'] })).toThrow(
      /10.*found 11/,
    );
    expect(() => latentScatter({ points: codes.fill(Number.NaN, 3), labels: [0, 1], classes })).toThrow(/NaN.*index 3/);
  });
});

describe('palette', () => {
  /** What who lacks a kind of cone sees of linear RGB: Machado, Oliveira and Fernandes (2009), severity 1. */
  const sights = {
    all: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  };
  const linear = (hex: string) =>
    [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
  /** CIELAB under D65. */
  function lab([r = 0, g = 0, b = 0]: readonly number[]) {
    const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116);
    const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  }
  /** The least distance (CIE 1976) of two colours to whichever eye. */
  function closest(colours: readonly string[]): number {
    let least = Number.POSITIVE_INFINITY;
    for (const matrix of Object.values(sights)) {
      const seen = colours.map((colour) => {
        const rgb = linear(colour);
        return lab(
          [0, 3, 6].map((row) =>
            Math.min(
              1,
              Math.max(
                0,
                rgb.reduce((sum, v, i) => sum + v * matrix[row + i]!, 0),
              ),
            ),
          ),
        );
      });
      seen.forEach((a, i) => {
        for (const b of seen.slice(i + 1)) least = Math.min(least, Math.hypot(...a.map((v, k) => v - b[k]!)));
      });
    }
    return least;
  }

  test('ten colours are told apart better than the nine of Paul Tol’s “muted”, by every eye', () => {
    const muted = '#332288 #88CCEE #44AA99 #117733 #999933 #DDCC77 #CC6677 #882255 #AA4499'.split(' ');
    expect(new Set(PALETTE).size).toBe(10);
    expect(closest(PALETTE)).toBeGreaterThan(closest(muted));
  });
});

describe('manifold', () => {
  const images = Array.from({ length: 12 }, (_, i) => image(i, 5, 3, 3));

  test('images edge to edge, row by row, their middles at their coordinates', () => {
    const svg = manifoldGrid({ images, columns: 4, xRange: [-3, 3], yRange: [10, 40] });
    const [shown, ...others] = pictures(svg);
    expect(others).toEqual([]);
    const { png, width, height, x, y } = shown!;
    expect([x, y]).toEqual([0, 0]);
    const scale = width / 20;
    expect(height).toBe(9 * scale);
    const levels = unscale(png, scale);
    images.forEach(({ data }, i) => {
      const corner = (Math.floor(i / 4) * 3 * 20 + (i % 4) * 5) * 3;
      const cell = [0, 1, 2].flatMap((row) => levels.slice(corner + row * 60, corner + row * 60 + 15));
      expect(cell).toEqual(Array.from(data, (value) => Math.round(value * 255)));
    });
    const plot = plots(svg)[0]!;
    expectRead(
      [0.5, 1.5, 2.5, 3.5].map((column) => (column * width) / 4),
      xAxis(plot),
      [-3, -1, 1, 3],
    );
    expectRead(
      [0.5, 1.5, 2.5].map((row) => (row * height) / 3),
      yAxis(plot),
      [40, 25, 10],
    );
  });

  test('mistakes', () => {
    const grid = { images, columns: 4, xRange: [-3, 3], yRange: [-3, 3] } as const;
    for (const columns of [5, 0, 1, 12, 2.4])
      expect(() => manifoldGrid({ ...grid, columns })).toThrow(`12 images in ${columns} columns`);
    expect(() => manifoldGrid({ ...grid, yRange: [3, -3] })).toThrow(/z2.*3 to -3/);
    expect(() => manifoldGrid({ ...grid, xRange: [0, Number.NaN] })).toThrow(/NaN.*z1/);
    expect(() => manifoldGrid({ ...grid, images: images.with(2, image(2)) })).toThrow(/45 values.*image 2 holds 15/);
  });
});

describe('curve', () => {
  test('a doubling is as long everywhere, and points can be read off', () => {
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

describe('whatever the data, well-formed SVG of finite numbers', () => {
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
  test('histograms, also of no beats at all', () => {
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
  test('codes, also of empty classes or none', () => {
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
