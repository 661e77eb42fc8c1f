import { DataError } from '@hourglass/datasets';

/** Unpacks a gzip file. Returns other bytes unchanged, as some hosts unpack files in transit. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  try {
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  } catch {
    throw new DataError(`${name} can't be unpacked: it is damaged or truncated. Get a new copy.`);
  }
}
