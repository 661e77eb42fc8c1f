/** Random changes to files, the same for the same seed. */

/** Numbers that often cause errors in readers. */
const INTERESTING = [
  0,
  1,
  -1,
  127,
  128,
  255,
  256,
  32767,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 53,
  1e20,
  1e300,
];
const WORDS = [
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  'null',
  '[]',
  '{}',
  '""',
  '"../../x"',
  '[[[[[[[[',
  '__proto__',
  '\u0000',
  '\ud83d\ude00',
];

/** A whole number below the bound. */
export type Random = (bound: number) => number;

/** Marsaglia's xorshift. */
export function randomOf(seed: number): Random {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

const pick = <T>(items: readonly T[], random: Random): T => items[random(items.length)]!;

/**
 * The file with one to eight changes: bytes set, flipped, cut off, removed, doubled, or overwritten with numbers of 1
 * to 8 bytes.
 */
export function mutateBytes(bytes: Uint8Array, random: Random): Buffer {
  let result = Buffer.from(bytes);
  for (let changes = 1 + random(8); changes > 0; changes--) {
    const at = random(result.length + 1);
    const length = 1 + random(Math.min(64, result.length + 1));
    const kind = random(10);
    if (kind < 3 && at < result.length) result[at] = random(256);
    else if (kind < 5 && at < result.length) result[at]! ^= 1 << random(8);
    else if (kind === 5) result = result.subarray(0, at);
    else if (kind === 6) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else if (kind === 7) result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
    else {
      const number = Buffer.alloc(8);
      const value = BigInt.asUintN(64, BigInt(Math.trunc(pick(INTERESTING.slice(0, 14), random))));
      const size = pick([1, 2, 4, 8], random);
      if (random(2)) number.writeBigUInt64LE(value);
      else number.writeBigUInt64BE((value << BigInt(64 - 8 * size)) & 0xffffffffffffffffn);
      number.copy(result, at, 0, size);
    }
    result = Buffer.from(result);
  }
  return result;
}

/** The text with one to six of its words or signs replaced, removed or doubled. */
export function mutateText(text: string, random: Random): string {
  const parts = text.split(/([\s,:{}[\]"]+)/);
  for (let changes = 1 + random(6); changes > 0; changes--) {
    const at = random(parts.length);
    const kind = random(4);
    if (kind === 0) parts[at] = String(pick(INTERESTING, random));
    else if (kind === 1) parts[at] = pick(WORDS, random);
    else if (kind === 2) parts.splice(at, 1 + random(3));
    else parts.splice(at, 0, ...parts.slice(at, at + 1 + random(5)));
  }
  return parts.join('');
}
