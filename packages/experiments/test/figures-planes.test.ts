import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latentScatter, manifoldGrid } from '../src/figures/index.ts';
import { MARKERS, PALETTE } from '../src/figures/palette.ts';
import { expectRead, image, paths, pictures, plots, unscale, xAxis, yAxis } from './figures.support.ts';

describe('latent plane', () => {
  const classes = Array.from({ length: 10 }, (_, i) => `Class ${i}`);
  const points = Float32Array.from({ length: 20_000 }, (_, i) => 6 * Math.sin(i * i) * (i % 2 === 0 ? 1 : 0.7));
  const labels = Uint8Array.from({ length: 10_000 }, (_, i) => i % 10);
  const svg = latentScatter({ points, labels, classes });

  test('every code is at its position on the axes, in its class', () => {
    const plot = plots(svg)[0]!;
    const drawn = paths(plot).map((d) =>
      [...d.matchAll(/M([\d.]+),([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const),
    );
    expect(drawn).toHaveLength(10);
    drawn.forEach((codes, label) => {
      const expected = (axis: 0 | 1) => codes.map((_, i) => points[2 * (label + 10 * i) + axis]!);
      expect(codes).toHaveLength(1000);
      // Rounding to a tenth of a pixel, so an error of half of it, plus the rounding of the ticks.
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

  test('a unit has the same length on both axes, even for a flat cloud', () => {
    for (const flat of [1, 0.01]) {
      const plot = plots(latentScatter({ points: points.map((z, i) => (i % 2 ? z * flat : z)), labels, classes }))[0]!;
      // Ticks are hundreds of pixels apart, and rounded to a hundredth.
      expect(xAxis(plot).unit / -yAxis(plot).unit).toBeCloseTo(1, 3);
    }
  });

  test('ten thousand codes take less than 1.5 MB', () => {
    expect(svg.length).toBeLessThan(1_500_000);
  });

  test('each class has a colour and a marker, also in the legend', () => {
    for (const [i, name] of classes.entries()) {
      const [, marker, colour] = svg.match(
        new RegExp(`d="M0,0([^"]*)" fill="(#\\w+)"(?:(?!<path)[^])*?>${name} \\(1000\\)<`),
      )!;
      expect([marker, colour]).toEqual([MARKERS[i], PALETTE[i]]);
    }
    expect(new Set(MARKERS).size).toBe(10);
  });

  test('overlapping names are moved apart within the plot', () => {
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
          // Positions are rounded to a tenth of a pixel.
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
  /** Linear RGB as seen by people who lack one type of cone: Machado, Oliveira and Fernandes (2009), severity 1. */
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
  /** The smallest distance (CIE 1976) between two colours over all kinds of vision. */
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

  test('ten colours are easier to distinguish than the nine of Paul Tol’s “muted”, with every kind of vision', () => {
    const muted = '#332288 #88CCEE #44AA99 #117733 #999933 #DDCC77 #CC6677 #882255 #AA4499'.split(' ');
    expect(new Set(PALETTE).size).toBe(10);
    expect(closest(PALETTE)).toBeGreaterThan(closest(muted));
  });
});

describe('manifold', () => {
  const images = Array.from({ length: 12 }, (_, i) => image(i, 5, 3, 3));

  test('images are edge to edge, row by row, with their centres at their coordinates', () => {
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
    expect(() => manifoldGrid({ ...grid, images: images.with(2, image(2)) })).toThrow(/45 values.*image 2 has 15/);
  });
});
