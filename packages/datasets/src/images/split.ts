import { DataError } from '../dataset.ts';

/** Digits of a hash that decide: 32 bits. */
const DIGITS = 8;

/**
 * Parts rows into those that train and those that are held back, by the hash of their content alone: copies of one image are never on both
 * sides, and an image is on the same side whatever lies beside it. Either side is in the order of the hashes, which is a random one.
 *
 * @param hashes hexadecimal, by row
 * @param fraction to hold back; at least one image is
 * @throws DataError if there are no two different images
 */
export function splitByContent(
  hashes: readonly string[],
  fraction: number,
): { readonly train: number[]; readonly test: number[] } {
  const rows = [...hashes.keys()].sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : hashes[a]! > hashes[b]! ? 1 : a - b));
  const [first, last] = [hashes[rows[0]!], hashes[rows.at(-1)!]];
  if (first === last)
    throw new DataError(
      `There ${hashes.length === 1 ? 'is one image' : `are ${hashes.length} images, all the same`}; it takes two different ones at least, to train and to validate.`,
    );
  const isHeldBack = (row: number): boolean => {
    const hash = hashes[row]!;
    if (hash === first) return true;
    return hash !== last && Number.parseInt(hash.slice(0, DIGITS), 16) < fraction * 2 ** 32;
  };
  return { train: rows.filter((row) => !isHeldBack(row)), test: rows.filter(isHeldBack) };
}
