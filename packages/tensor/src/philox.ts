import { checkIntegers } from './shape.ts';

/** Four words of 32 bits. */
export type Words = readonly [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;

/**
 * Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011),
 * on the host. `shaders/philox.wgsl` is its twin: the same key and counter give the same numbers in both.
 */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const next0 = high(c2, MULTIPLIER_1) ^ c1 ^ k0;
    const next2 = high(c0, MULTIPLIER_0) ^ c3 ^ k1;
    c1 = Math.imul(c2, MULTIPLIER_1);
    c3 = Math.imul(c0, MULTIPLIER_0);
    c0 = next0;
    c2 = next2;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The upper 32 bits of a · b, from products of their halves, which a double holds exactly. */
function high(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 2 ** 16);
  return aHigh * bHigh + Math.floor(middle / 2 ** 16) + Math.floor((aLow * bHigh + (middle % 2 ** 16)) / 2 ** 16);
}

/** The key that determines random numbers. */
export interface RandomKey {
  readonly seed: number;
  /** The purpose of the numbers; different streams are independent. Default 0. */
  readonly stream?: number | undefined;
  /** The step in which they are drawn. Default 0. */
  readonly step?: number | undefined;
}

/**
 * `count` numbers, uniform in [0, 1) with 24 bits: the same as {@link randomUniform} gives for the same key.
 * @throws RangeError if a number of the key does not fit in u32.
 */
export function uniformOnHost(count: number, { seed, stream = 0, step = 0 }: RandomKey): Float32Array {
  checkIntegers([seed, stream, step], 'random numbers: seed, stream or step');
  const values = new Float32Array(count);
  for (let e = 0; e < count; e += 4) {
    philox([e / 4, step, 0, 0], [seed, stream]).forEach((word, i) => {
      if (e + i < count) values[e + i] = (word >>> 8) / 2 ** 24;
    });
  }
  return values;
}

/**
 * `count` standard normal numbers (Box and Muller 1958): as in {@link randomNormal}, up to the adapter's rounding.
 * @throws as {@link uniformOnHost}.
 */
export function normalOnHost(count: number, key: RandomKey): Float32Array {
  const uniform = uniformOnHost(Math.ceil(count / 2) * 2, key);
  return Float32Array.from({ length: count }, (_, e) => {
    const pair = e - (e % 2);
    const radius = Math.sqrt(-2 * Math.log(1 - uniform[pair]!));
    const angle = 2 * Math.PI * uniform[pair + 1]!;
    return radius * (e % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

/** The key that determines an epoch's order. */
export interface OrderKey {
  readonly seed: number;
  readonly epoch: number;
}

/**
 * The number at `position` in the random order of the numbers below `total`, as in {@link shuffledIndices}.
 * @throws RangeError if a number of the key does not fit in u32.
 */
export function shuffledOnHost(position: number, total: number, { seed, epoch }: OrderKey): number {
  checkIntegers([seed, epoch], 'an order: seed or epoch');
  const bits = feistelHalfBits(total);
  const mask = 2 ** bits - 1;
  const rounds = feistelRounds(bits);
  let number = position % total;
  do {
    let [left, right] = [number >>> bits, number & mask];
    for (let round = 0; round < rounds; round++) {
      const [word] = philox([right, round, 0, 1], [seed, epoch]);
      [left, right] = [right, left ^ (word & mask)];
    }
    number = ((left << bits) | right) >>> 0;
  } while (number >= total);
  return number;
}

/** Rounds of a Feistel network. A small network needs more rounds to make all orders equally likely. */
export const feistelRounds = (halfBits: number): number => (halfBits > 4 ? 4 : 12);

/**
 * Half the bits of the Feistel network that permutes the numbers below `total`; at least 3, because a 4-bit network
 * does not produce all orders of 5 numbers equally often.
 */
export const feistelHalfBits = (total: number): number => Math.max(3, Math.ceil(Math.log2(total) / 2));
