import type { ImageStream } from './dataset.ts';

/**
 * The positions of `count` names, chosen by their hashes, in ascending order. A larger sample contains a smaller
 * one of the same seed.
 *
 * @param seed selects another sample
 */
export function sampleOf(names: readonly string[], count: number, seed = 0): number[] {
  const hashes = names.map((name) => hashOf(name, seed));
  return [...hashes.keys()]
    .sort((a, b) => hashes[a]! - hashes[b]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** `count` images of a stream, by {@link sampleOf}. The first images of a sorted folder would be alike. */
export function sampleByName(stream: ImageStream, count: number, seed = 0): ImageStream {
  return count >= stream.count ? stream : chosenImages(stream, sampleOf(stream.names, count, seed));
}

/** The images of a stream at these rows, in this order. */
export function chosenImages(stream: ImageStream, rows: readonly number[]): ImageStream {
  const { names, labels } = stream;
  return {
    count: rows.length,
    names: rows.map((row) => names[row]!),
    labels: labels && Uint8Array.from(rows, (row) => labels[row]!),
    read: (indices) => stream.read(indices.map((index) => rows[index] ?? -1)),
  };
}

/**
 * 32-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), mixed with MurmurHash3's finaliser because names differ
 * at their ends.
 */
function hashOf(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
