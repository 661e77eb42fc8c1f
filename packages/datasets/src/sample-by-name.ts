import type { ImageStream } from './dataset.ts';

/**
 * So many images of a stream, chosen by the hash of their names and left in their order: of a sorted folder the first ones are alike.
 * A larger sample holds the smaller one.
 */
export function sampleByName(stream: ImageStream, count: number): ImageStream {
  if (count >= stream.count) return stream;
  const hashes = stream.names.map(hashOf);
  const chosen = [...hashes.keys()]
    .sort((a, b) => hashes[a]! - hashes[b]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
  return {
    count,
    names: chosen.map((row) => stream.names[row]!),
    labels: stream.labels && Uint8Array.from(chosen, (row) => stream.labels![row]!),
    read: (indices) => stream.read(indices.map((index) => chosen[index] ?? -1)),
  };
}

/** FNV-1a in 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), mixed by MurmurHash3's finalizer, as names differ at their ends. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
