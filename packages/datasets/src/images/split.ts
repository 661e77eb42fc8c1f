import { DataError } from '../dataset.ts';

/** The leading digits of a hash that determine the split: 32 bits. */
const DIGITS = 8;

/**
 * Splits rows into training rows and held-back rows, only by the hash of their content. Copies of an image are always
 * in the same split, and the split of an image does not depend on the other images. Both splits are in the order of the
 * hashes, which is random.
 *
 * @param hashes hexadecimal, by row
 * @param fraction the share to hold back; at least one image is held back
 * @throws DataError unless at least two images differ
 */
export function splitByContent(
  hashes: readonly string[],
  fraction: number,
): { readonly train: number[]; readonly test: number[] } {
  const rows = [...hashes.keys()].sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : hashes[a]! > hashes[b]! ? 1 : a - b));
  const [first, last] = [hashes[rows[0]!], hashes[rows.at(-1)!]];
  if (first === last)
    throw new DataError(
      `There ${hashes.length === 1 ? 'is one image' : `are ${hashes.length} images, all the same`}; at least two different ones are needed, to train and to validate.`,
    );
  const isHeldBack = (row: number): boolean => {
    const hash = hashes[row]!;
    if (hash === first) return true;
    return hash !== last && Number.parseInt(hash.slice(0, DIGITS), 16) < fraction * 2 ** 32;
  };
  return { train: rows.filter((row) => !isHeldBack(row)), test: rows.filter(isHeldBack) };
}
