/** A stretch of a plan during which some bytes are needed: from the dispatch that first writes them to the last that reads them. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Assigns each lifetime to a slot so that no two of a slot overlap: greedy, the largest first, each into the first slot that
 * is free for it. Returns the slot of each lifetime, and the bytes of each slot.
 */
export function assignSlots(lifetimes: readonly Lifetime[]): { slots: number[]; bytes: number[] } {
  const slots = new Array<number>(lifetimes.length);
  const occupants: Lifetime[][] = [];
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  for (const i of order) {
    const lifetime = lifetimes[i]!;
    const overlaps = (other: Lifetime): boolean => lifetime.first <= other.last && other.first <= lifetime.last;
    const free = occupants.findIndex((others) => !others.some(overlaps));
    slots[i] = free === -1 ? occupants.push([]) - 1 : free;
    occupants[slots[i]]!.push(lifetime);
  }
  return { slots, bytes: occupants.map((others) => Math.max(...others.map(({ bytes }) => bytes))) };
}
