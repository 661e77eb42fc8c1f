import { DataError } from '@hourglass/datasets';

/** The content of a gzip file; bytes that are none are returned as they are, since some hosts unpack on the way. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  try {
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  } catch {
    throw new DataError(`${name} is damaged or cut short: it can't be unpacked. Get the file again.`);
  }
}
