/** Scrambles 32 bits so that neighbouring inputs give unrelated outputs (the finaliser of MurmurHash3). */
function mix(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A uniform number in [0, 1) for a key and a cell of the plane: the same arguments give the same number. */
export function noiseAt(key: number, x: number, y: number): number {
  return mix(key ^ mix(Math.imul(x, 0x9e3779b1) ^ mix(y))) / 2 ** 32;
}

/**
 * A stream of random choices. Number n of stream s under a seed is a hash of (seed, s, n), independent of other
 * streams.
 */
export class Draw {
  /** 32 bits that identify this stream. */
  readonly key: number;
  #count = 0;

  constructor(seed: number, stream: number) {
    this.key = mix(mix(mix(seed) ^ mix(Math.floor(seed / 2 ** 32) + 1)) ^ Math.imul(stream, 0x9e3779b1));
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * noiseAt(this.key, this.#count++, 1);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.between(0, 1) < probability;
  }

  /** Uniform over 0 .. count - 1. */
  below(count: number): number {
    return Math.floor(this.between(0, count));
  }

  /** 0 .. count - 1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
