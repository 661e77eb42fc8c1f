import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onWhite, resize } from '../src/index.ts';

/** RGB bytes from a formula, so that any program can reproduce them. */
function pattern(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + ((i * i) % 251)) % 256);
}

// Made by Pillow 12.3: Image.fromarray(pattern).resize((size, size), Image.BILINEAR).
test.each([
  [500, 500, 256, '1591130812477adc2c41540b706a36b34bf9e3c340bd69c71e7975ed9577c7d9'],
  [500, 500, 64, 'ed6695c38b01d8b271bcba99d088944537da64f768a7ecacae98a5b3007da4f4'],
  [256, 256, 64, '091fe23c719b3ed6f49a4312d71d2c3676b7aa448b7819a4d7284be31b2d771d'],
  [37, 23, 16, 'eb4ef947fe25de969c6a7763ad52ba0da947651bfeae1c4d62c6efc217e300b5'],
  [20, 33, 48, '7e9928ea8a8a828b7d297d9279f2b9bab7577f62daab761eaeeaa76fa5c7bbc4'],
  [16, 40, 16, '03776cf528bbb96c50ef9ae451a630da7f5b8839e96fea0700cd12169ba940e4'],
  [300, 200, 100, 'd30c17dab75a5b468f20f5a1fafc34f3d307f5bdb94b7ff80be53085b852ea03'],
])('%ix%i to %i equals Pillow’s result bit for bit', (width, height, size, sha256) => {
  const resized = resize(pattern(width, height), width, height, size);
  expect(resized.length).toBe(size * size * 3);
  expect(createHash('sha256').update(resized).digest('hex')).toBe(sha256);
});

/** A chessboard of 2x2 fields in grey, e1 and 1e, as in Pillow's tests. */
function chessboard(size: number): Uint8Array {
  const isLight = (i: number) => Math.floor((i % size) / (size / 2)) === Math.floor(Math.floor(i / size) / (size / 2));
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => (isLight(Math.floor(i / 3)) ? 0xe1 : 0x1e));
}

// The upper left quarters are from test_reduce_bilinear and test_enlarge_bilinear of Pillow's Tests/test_image_resample.py.
test.each([
  ['reduced', 8, [0xe1, 0xc9, 0xc9, 0xb7]],
  ['enlarged', 2, [0xe1, 0xb0, 0xb0, 0x98]],
])("a chessboard %s has the values of Pillow's tests", (_, from, quarter) => {
  const resized = resize(chessboard(from), from, from, 4);
  expect([0, 1, 4, 5].map((pixel) => resized[3 * pixel + 1])).toEqual(quarter);
});

/** The same filter in float64, in one pass over the area, without rounding. */
function reference(rgb: Uint8Array, width: number, height: number, size: number, x: number, y: number): number[] {
  const weigh = (from: number, i: number) => {
    const radius = Math.max(1, from / size);
    const weights = Array.from({ length: from }, (_, k) =>
      Math.max(0, 1 - Math.abs(k + 0.5 - ((i + 0.5) * from) / size) / radius),
    );
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
  };
  const [across, down] = [weigh(width, x), weigh(height, y)];
  return [0, 1, 2].map((channel) =>
    down.reduce(
      (sum, b, row) =>
        sum + b * across.reduce((line, a, column) => line + a * rgb[(row * width + column) * 3 + channel]!, 0),
      0,
    ),
  );
}

test('any sizes: within 1 of the exact filter, because each of the two passes rounds by at most a half', () => {
  const side = fc.integer({ min: 1, max: 24 });
  fc.assert(
    fc.property(side, side, side, fc.infiniteStream(fc.nat(255)), (width, height, size, bytes) => {
      const rgb = Uint8Array.from({ length: width * height * 3 }, () => bytes.next().value!);
      const resized = resize(rgb, width, height, size);
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          reference(rgb, width, height, size, x, y).forEach((exact, channel) => {
            // Slightly more than 1, because weights are rounded to 22 bits: at most 50 in two passes, of values up to
            // 255.
            expect(Math.abs(resized[(y * size + x) * 3 + channel]! - exact)).toBeLessThanOrEqual(
              1 + 255 * 50 * 2 ** -22,
            );
          });
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('a plain colour is unchanged, and the same size gives the same bytes', () => {
  const plain = new Uint8Array(50 * 30 * 3).fill(255);
  expect(resize(plain, 50, 30, 16).every((byte) => byte === 255)).toBe(true);
  expect(resize(pattern(20, 20), 20, 20, 20)).toEqual(pattern(20, 20));
});

test('on white: transparent becomes white, opaque is unchanged, and the rest is the rounded mean by alpha', () => {
  expect([...onWhite(Uint8Array.of(10, 20, 30, 0, 10, 20, 30, 255))]).toEqual([255, 255, 255, 10, 20, 30]);
  for (let alpha = 0; alpha < 256; alpha++) {
    const [black, middle] = onWhite(Uint8Array.of(0, 100, 255, alpha));
    expect(black).toBe(255 - alpha);
    expect(Math.abs(middle! - (100 * alpha + 255 * (255 - alpha)) / 255)).toBeLessThanOrEqual(0.5);
  }
});
