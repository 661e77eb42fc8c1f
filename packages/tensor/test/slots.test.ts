import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignSlots } from '../src/slots.ts';

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 20 }), first: fc.nat(15), length: fc.nat(5) })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length })),
  { maxLength: 30 },
);

test('no two lifetimes of a slot overlap, and each fits into its slot', () => {
  fc.assert(
    fc.property(lifetimes, (all) => {
      const { slots, bytes } = assignSlots(all);
      expect(slots.length).toBe(all.length);
      all.forEach((a, i) => {
        expect(a.bytes).toBeLessThanOrEqual(bytes[slots[i]!]!);
        for (let j = 0; j < i; j++) {
          const b = all[j]!;
          if (slots[i] === slots[j]) expect(a.last < b.first || b.last < a.first).toBe(true);
        }
      });
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('slots take at least the memory alive at once, and at most one slot per lifetime', () => {
  fc.assert(
    fc.property(lifetimes, (all) => {
      const total = (some: typeof all): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
      const taken = assignSlots(all).bytes.reduce((sum, bytes) => sum + bytes, 0);
      for (let time = 0; time <= 20; time++) {
        expect(taken).toBeGreaterThanOrEqual(total(all.filter(({ first, last }) => first <= time && time <= last)));
      }
      expect(taken).toBeLessThanOrEqual(total(all));
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('a chain in which each buffer is read only by the next takes two slots', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({ bytes: 8, first: i, last: i + 1 }));
  expect(assignSlots(chain).bytes).toEqual([8, 8]);
});
