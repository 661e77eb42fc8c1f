import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanAndNoisy, imageGrid, interpolationStrip, pairGrid, tripleGrid } from '../src/figures/index.ts';
import { expectWellFormed, image, pictures, texts, unscale } from './figures.support.ts';

test.each([1, 3] as const)('every pixel of %i channels is embedded, as a crisp square', (channels) => {
  for (const scale of [1, 2, 5]) {
    const images = [0, 1, 2].map((seed) => image(seed, 5, 3, channels));
    const shown = pictures(imageGrid({ images, columns: 2, scale }));
    expect(shown).toHaveLength(3);
    shown.forEach(({ png, width, height }, i) => {
      expect([png.width, png.height, png.channels]).toEqual([5 * scale, 3 * scale, channels]);
      expect([width, height]).toEqual([png.width, png.height]);
      expect(unscale(png, scale)).toEqual(Array.from(images[i]!.data, (value) => Math.round(value * 255)));
    });
  }
});

test('values outside [0, 1] are clamped and NaN is black', () => {
  const data = Float32Array.of(-1, 0, 0.5, 1, 7, Number.NaN);
  const svg = imageGrid({ images: [{ width: 6, height: 1, channels: 1, data }], columns: 1, scale: 1 });
  expect([...pictures(svg)[0]!.png.data]).toEqual([0, 0, 128, 255, 255, 0]);
});

test('a picture too large for one call of String.fromCharCode', () => {
  // Knuth's multiplicative hash, so that the PNG is not small.
  const data = Float32Array.from({ length: 400 * 400 * 3 }, (_, i) => (Math.imul(i ** 2, 2654435761) >>> 24) / 255);
  const svg = imageGrid({ images: [{ width: 400, height: 400, channels: 3, data }], columns: 1, scale: 1 });
  expect(svg.length).toBeGreaterThan(200_000);
  const { png } = pictures(svg)[0]!;
  expect([...png.data]).toEqual(Array.from(data, (value) => Math.round(value * 255)));
});

test('images are placed row by row, all on the canvas, without overlap', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      (count, columns, titled) => {
        const images = Array.from({ length: count }, (_, i) => image(i));
        const titles = titled ? images.map((_, i) => 'long '.repeat(i)) : undefined;
        const svg = imageGrid({ images, columns, titles, scale: 2, caption: 'A caption' });
        const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)!.map(Number);
        const shown = pictures(svg);
        shown.forEach(({ x, y }, i) => {
          expect(x > 0 && y > 0 && x + 10 < width! && y + 6 < height!).toBe(true);
          if (i % columns > 0) {
            expect(y).toBe(shown[i - 1]!.y);
            expect(x).toBeGreaterThan(shown[i - 1]!.x + 10);
          }
          if (i >= columns) {
            expect(x).toBe(shown[i - columns]!.x);
            expect(y).toBeGreaterThan(shown[i - columns]!.y + 6);
          }
        });
      },
    ),
  );
});

describe('texts', () => {
  test('a title for each image, and the caption', () => {
    const images = [0, 1, 2].map((seed) => image(seed));
    expect(texts(imageGrid({ images, columns: 3 }))).toEqual([]);
    const svg = imageGrid({
      images,
      columns: 3,
      titles: ['Coat', 'Bag', 'Dress'],
      caption: 'Epoch 3 · validation MSE 0.0352',
    });
    expect(texts(svg)).toEqual(['Coat', 'Bag', 'Dress', 'Epoch 3 · validation MSE 0.0352']);
  });

  test('headers over the first row of pairs, a title under each pair', () => {
    const originals = [0, 1, 2].map((seed) => image(seed));
    const reconstructions = [3, 4, 5].map((seed) => image(seed));
    const svg = pairGrid({ originals, reconstructions, titles: ['Coat', 'Bag', 'Dress'], columns: 2, scale: 1 });
    expect(texts(svg).sort()).toEqual(
      ['Bag', 'Coat', 'Dress', 'original', 'original', 'reconstruction', 'reconstruction'].sort(),
    );
    const levels = pictures(svg).map(({ png }) => png.data[0]);
    expect(levels).toEqual([0, 3, 1, 4, 2, 5].map((seed) => (seed * 37) % 256));
  });

  test('headers over the first row of triples, in their order', () => {
    const [originals, reconstructions, noisy] = [0, 2, 4].map((seed) => [image(seed), image(seed + 1)]);
    const titles = ['Coat', 'Bag'];
    const svg = tripleGrid({
      ...{ originals: originals!, reconstructions: reconstructions!, noisy: noisy!, titles, columns: 1, scale: 1 },
    });
    expect(texts(svg)).toEqual(['original', 'reconstruction', 'noisy', 'Coat', 'Bag']);
    const levels = pictures(svg).map(({ png }) => png.data[0]);
    expect(levels).toEqual([0, 2, 4, 1, 3, 5].map((seed) => (seed * 37) % 256));
  });

  test('a clean image and a noisy one', () => {
    const svg = cleanAndNoisy({ clean: image(1, 5, 3, 3), noisy: image(2, 5, 3, 3), scale: 1 });
    expect(texts(svg)).toEqual(['clean', 'noisy']);
    expect(pictures(svg).map(({ png }) => png.data[0])).toEqual([37, 74]);
  });

  test('an interpolation is one row with a percentage under each image', () => {
    const svg = interpolationStrip({ images: [0, 1, 2, 3, 4].map((seed) => image(seed)), caption: 'A to B' });
    expect(texts(svg)).toEqual(['0 %', '25 %', '50 %', '75 %', '100 %', 'A to B']);
    expect(new Set(pictures(svg).map(({ y }) => y)).size).toBe(1);
  });

  test('any text gives well-formed XML that contains it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<&>"\'', ']]>', '\u0000\u001f\ud800\uffff', '--'),
    );
    fc.assert(
      fc.property(text, text, (title, caption) => {
        const svg = imageGrid({ images: [image(0)], columns: 1, titles: [title], caption });
        expectWellFormed(svg);
      }),
    );
    const svg = imageGrid({ images: [image(0)], columns: 1, caption: 'a < b & "c"' });
    expect(texts(svg)).toEqual(['a &lt; b &amp; &quot;c&quot;']);
  });

  test('the canvas is as wide as a caption needs', () => {
    const width = (caption: string) =>
      Number(imageGrid({ images: [image(0)], columns: 1, caption }).match(/width="(\d+)"/)![1]);
    // At 13 pixels, a digit in DejaVu Sans is 8.3 pixels wide and a capital M 11.2 (advances of 1303 and 1767 in 2048).
    expect(width('0'.repeat(100))).toBeGreaterThan(100 * 13 * (1303 / 2048));
    expect(width('M'.repeat(100))).toBeGreaterThan(100 * 13 * (1767 / 2048));
  });
});

describe('mistakes', () => {
  const images = [0, 1, 2].map((seed) => image(seed));
  test('different counts', () => {
    expect(() => imageGrid({ images, columns: 2, titles: ['Coat', 'Bag'] })).toThrow(/3 titles, found 2/);
    const pairs = { originals: images, reconstructions: images, titles: ['Coat', 'Bag', 'Dress'], columns: 2 };
    expect(() => pairGrid({ ...pairs, titles: ['Coat'] })).toThrow(/3 titles, found 1/);
    expect(() => pairGrid({ ...pairs, reconstructions: images.slice(1) })).toThrow(/3 reconstructions, found 2/);
    expect(() => tripleGrid({ ...pairs, noisy: images.slice(1) })).toThrow(/3 noisy images, found 2/);
    expect(() => tripleGrid({ ...pairs, noisy: images, titles: ['Coat'] })).toThrow(/3 titles, found 1/);
    expect(() => interpolationStrip({ images: [image(0)], caption: 'A to A' })).toThrow(/two endpoints; found 1/);
  });
  test('images that do not fit', () => {
    expect(() => imageGrid({ images: [], columns: 2 })).toThrow(/at least one image/);
    expect(() => imageGrid({ images: [image(0), image(0, 4, 4)], columns: 2 })).toThrow(/5 x 3.*4 x 4/);
    expect(() => cleanAndNoisy({ clean: image(0), noisy: image(0, 4, 4) })).toThrow(/5 x 3.*4 x 4/);
    const short = { ...image(0), data: new Float32Array(14) };
    expect(() => imageGrid({ images: [short], columns: 2 })).toThrow(/5 x 3.*1 channels.*15.*14/);
  });
  test.each([0, -1, 1.5, Number.NaN])('%d as the number of columns or as the scale', (wrong) => {
    expect(() => imageGrid({ images, columns: wrong })).toThrow(`found ${wrong}`);
    expect(() => imageGrid({ images, columns: 1, scale: wrong })).toThrow(`found ${wrong}`);
  });
});
