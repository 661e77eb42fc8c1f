import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, parseIdx } from '../src/index.ts';

/** Two rows of three, written by hand. */
const GOOD = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 11, 12, 20, 21, 255);

const message = (bytes: Uint8Array) => {
  try {
    parseIdx(bytes, 'f.idx');
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  }
  throw new Error('was accepted');
};

test('reads shape and elements of a hand-written file', () => {
  const { shape, data } = parseIdx(GOOD, 'f.idx');
  expect(shape).toEqual([2, 3]);
  expect([...data]).toEqual([10, 11, 12, 20, 21, 255]);
  expect(data.buffer).toBe(GOOD.buffer); // a view
});

test('a view into a larger buffer is read from its own start', () => {
  const larger = new Uint8Array(40).fill(7);
  larger.set(GOOD, 5);
  expect([...parseIdx(larger.subarray(5, 5 + GOOD.length), 'f.idx').data]).toEqual([10, 11, 12, 20, 21, 255]);
});

test('every truncated file throws, with both lengths if the header is complete', () => {
  for (let length = 0; length < GOOD.length; length++) {
    expect(message(GOOD.subarray(0, length))).toContain('f.idx');
  }
  expect(message(GOOD.subarray(0, 17))).toMatch(/truncated.*2x3.*18 bytes.*17/);
});

test('surplus bytes throw', () => {
  expect(message(Uint8Array.of(...GOOD, 0))).toMatch(/too long.*18 bytes.*19/);
});

test('messages describe files of other kinds', () => {
  expect(message(new TextEncoder().encode('<!DOCTYPE html>'))).toMatch(/not an IDX file.*3c 21 44 4f \("<!DO"\)/);
  expect(message(Uint8Array.of(0x1f, 0x8b, 8, 0))).toContain('gzip-compressed');
  expect(message(new Uint8Array())).toContain('empty');
  expect(message(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0))).toMatch(/type 0x0d.*0x08/);
  expect(message(Uint8Array.of(0, 0, 8, 0))).toContain('0 dimensions');
});

test('a header that declares 2^96 elements throws before allocating', () => {
  const huge = new Uint8Array(4 + 12).fill(0xff);
  huge.set([0, 0, 8, 3]);
  expect(message(huge)).toContain('4294967295x4294967295x4294967295');
});

test('any shape and content survive writing and reading; random bytes throw only DataErrors', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }), fc.nat(), (shape, seed) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const elements = Uint8Array.from({ length: count }, (_, i) => (seed + 31 * i) % 256);
      const header = [0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size])];
      const read = parseIdx(Uint8Array.of(...header, ...elements), 'f');
      expect(read.shape).toEqual(shape);
      expect([...read.data]).toEqual([...elements]);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (tail) => {
      try {
        parseIdx(Uint8Array.of(0, 0, 8, ...tail), 'f');
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
  );
});
