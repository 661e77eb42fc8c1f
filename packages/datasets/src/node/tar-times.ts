/** Bytes in a block of a tar archive, such as a header (POSIX ustar). */
const BLOCK = 512;

/** The fields of a header: first byte and length. */
const SIZE = [124, 12] as const;
const TIME = [136, 12] as const;
const CHECKSUM = [148, 8] as const;

/**
 * The bytes of a tar archive with all times before 1970 set to 1970. GNU tar writes those as negative 95-bit numbers,
 * which the decoder rejects, and times are not used here. All other bytes, including damaged ones, are unchanged.
 */
export async function* sinceEpoch(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let header = new Uint8Array();
  let content = 0; // bytes until the next header
  for await (let bytes of archive) {
    while (bytes.length > 0) {
      if (content > 0) {
        const own = bytes.subarray(0, content);
        content -= own.length;
        bytes = bytes.subarray(own.length);
        yield own;
        continue;
      }
      const missing = bytes.subarray(0, BLOCK - header.length);
      bytes = bytes.subarray(missing.length);
      header = new Uint8Array(Buffer.concat([header, missing]));
      if (header.length < BLOCK) break;
      content = contentBytes(header);
      yield withoutNegativeTime(header);
      header = new Uint8Array();
    }
  }
  if (header.length > 0) yield header;
}

/**
 * The number of content bytes after a header; infinite if unknown, as after the block of zeros that ends an archive.
 */
function contentBytes(header: Uint8Array): number {
  const field = header.subarray(SIZE[0], SIZE[0] + SIZE[1]);
  const binary = (field[0]! & 0x80) !== 0;
  const bytes = binary
    ? field.subarray(1).reduce((value, byte) => value * 256 + byte, 0)
    : Number.parseInt(Buffer.from(field).toString('latin1').replace(/\0.*/s, '').trim(), 8);
  return Number.isSafeInteger(bytes) ? Math.ceil(bytes / BLOCK) * BLOCK : Number.POSITIVE_INFINITY;
}

function withoutNegativeTime(header: Uint8Array): Uint8Array {
  const time = header.subarray(TIME[0], TIME[0] + TIME[1]);
  if (time[0] !== 0xff) return header;
  const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0);
  const before = sum(time);
  time.set(Buffer.from('00000000000\0', 'latin1'));
  const field = header.subarray(CHECKSUM[0], CHECKSUM[0] + CHECKSUM[1]);
  // The checksum changes by the same amount as the bytes, so a wrong one stays wrong.
  const checksum = Number.parseInt(Buffer.from(field).toString('latin1'), 8) + sum(time) - before;
  if (checksum >= 0) field.set(Buffer.from(`${checksum.toString(8).padStart(6, '0')}\0 `, 'latin1'));
  return header;
}
