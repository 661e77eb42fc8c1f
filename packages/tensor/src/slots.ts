/** When a plan needs some bytes: from the dispatch that first writes them to the last that reads them. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Assigns each lifetime to a slot so that no two lifetimes of a slot overlap. Greedy: largest first, each into the
 * first slot that is free for it. Returns the slot of each lifetime, and the bytes of each slot.
 */
export function assignSlots(lifetimes: readonly Lifetime[]): { slots: number[]; bytes: number[] } {
  const slots = new Array<number>(lifetimes.length);
  const occupied: Occupied[] = [];
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  for (const i of order) {
    const lifetime = lifetimes[i]!;
    const free = occupied.findIndex((slot) => slot.take(lifetime));
    slots[i] = free === -1 ? occupied.push(new Occupied(lifetime)) - 1 : free;
  }
  return { slots, bytes: occupied.map(({ bytes }) => bytes) };
}

/** The lifetimes of one slot, in order of time. */
class Occupied {
  readonly bytes: number;
  private readonly lifetimes: Lifetime[];

  /** The first lifetime of a slot is the largest. */
  constructor(lifetime: Lifetime) {
    this.bytes = lifetime.bytes;
    this.lifetimes = [lifetime];
  }

  /** Adds a lifetime, if it overlaps with none in the slot. */
  take(lifetime: Lifetime): boolean {
    let [low, high] = [0, this.lifetimes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.lifetimes[middle]!.first <= lifetime.last) low = middle + 1;
      else high = middle;
    }
    // The lifetimes before `low` begin before this one ends.
    if (low > 0 && this.lifetimes[low - 1]!.last >= lifetime.first) return false;
    this.lifetimes.splice(low, 0, lifetime);
    return true;
  }
}
