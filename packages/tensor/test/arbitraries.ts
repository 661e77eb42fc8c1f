import fc from 'fast-check';

/**
 * The seed is fixed, so that every run compiles the same kernels. Runs are few, because every new shape is a new
 * kernel.
 */
export const runs = (numRuns: number) => ({ numRuns, seed: 20_251_123, endOnFailure: true });

const extent = fc.constantFrom(1, 2, 3, 4, 5, 8);

export const shape = (minLength = 0, maxLength = 4): fc.Arbitrary<number[]> =>
  fc.array(extent, { minLength, maxLength });

/** A shape and a second one that broadcasts to it: leading dimensions are omitted, others are 1. */
export const broadcastPair: fc.Arbitrary<{ whole: number[]; part: number[] }> = shape(1).chain((whole) =>
  fc
    .record({ skipped: fc.nat(whole.length), kept: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) })
    .map(({ skipped, kept }) => ({ whole, part: whole.map((n, d) => (kept[d] ? n : 1)).slice(skipped) })),
);

/** Some of the dimensions of a shape. */
export const axesOf = (shape: readonly number[]): fc.Arbitrary<number[]> =>
  fc.subarray(
    shape.map((_, d) => d),
    { minLength: 1 },
  );

export const orderOf = (shape: readonly number[]): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    shape.map((_, d) => d),
    { minLength: shape.length, maxLength: shape.length },
  );

/** The begin and end of a part of a shape. */
export const partOf = (shape: readonly number[]): fc.Arbitrary<{ begin: number[]; end: number[] }> =>
  fc
    .tuple(
      ...shape.map((n) =>
        fc.nat(n - 1).chain((from) => fc.tuple(fc.constant(from), fc.integer({ min: from + 1, max: n }))),
      ),
    )
    .map((ranges) => ({ begin: ranges.map(([from]) => from), end: ranges.map(([, to]) => to) }));
