import { deflateSync, inflateSync } from 'node:zlib';

/** A chunk of a PNG file, and the position of its end. */
export interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** The data with length, type and checksum. */
  readonly framed: Uint8Array;
  readonly end: number;
}

/** Colour types that can have a transparency chunk. */
const [GRAY, RGB, PALETTE] = [0, 2, 3];

export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Bytes of length, type and checksum. */
const FRAME_BYTES = 12;

/** Largest number of surplus decompressed bytes. A file with more does not count as a picture. */
const MOST_SURPLUS = 2 ** 20;

/** The chunks of a PNG file up to IEND, or up to the first incomplete one. */
export function chunksOf(png: Uint8Array): Chunk[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + FRAME_BYTES <= png.length; ) {
    const end = at + FRAME_BYTES + view.getUint32(at);
    if (end > png.length) break;
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    chunks.push({ type, data: png.subarray(at + 8, end - 4), framed: png.subarray(at, end), end });
    if (type === 'IEND') break;
    at = end;
  }
  return chunks;
}

/**
 * The decompressed lines of a picture, and any bytes after them.
 * @param linesBytes number of bytes in all lines
 * @returns undefined if the data can't be decompressed or is too short
 */
export function linesOf(chunks: readonly Chunk[], linesBytes: number): Uint8Array | undefined {
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  try {
    const lines = inflateSync(packed, { maxOutputLength: linesBytes + MOST_SURPLUS });
    return lines.length < linesBytes ? undefined : lines;
  } catch {
    return undefined;
  }
}

/**
 * Rewrites a file that libpng only accepts with a warning so that every decoder accepts it: removes image data beyond
 * the picture's pixels, and transparency that does not fit its colours.
 *
 * @param lines the decompressed lines without surplus bytes
 * @param color the colour type
 * @returns undefined if the file is damaged in another way
 */
export function inStandardForm(chunks: readonly Chunk[], lines: Uint8Array, color: number): Uint8Array | undefined {
  if (chunks.at(-1)?.type !== 'IEND') return undefined;
  const named = (type: string): Chunk[] => chunks.filter((chunk) => chunk.type === type);
  const needed = [...named('IHDR'), ...named('PLTE'), ...named('tRNS'), ...named('IDAT')];
  if (needed.some(({ framed }) => !isIntact(framed))) return undefined;
  const most = { [GRAY]: 2, [RGB]: 6, [PALETTE]: (named('PLTE')[0]?.data.length ?? 0) / 3 }[color] ?? 0;
  const fitting = named('tRNS').filter(
    ({ data: { length } }) => length === most || (color === PALETTE && length > 0 && length < most),
  );
  return Buffer.concat([
    SIGNATURE,
    ...[...named('IHDR'), ...named('PLTE'), ...fitting].map(({ framed }) => framed),
    frame('IDAT', deflateSync(lines, { level: 1 })),
    frame('IEND', new Uint8Array()),
  ]);
}

function isIntact(framed: Uint8Array): boolean {
  const checksum = new DataView(framed.buffer, framed.byteOffset, framed.byteLength).getUint32(framed.length - 4);
  return checksum === crc32(framed.subarray(4, -4));
}

function frame(type: string, data: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(data.length + FRAME_BYTES);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, 'latin1');
  framed.set(data, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, -4)), framed.length - 4);
  return framed;
}

/** From the PNG specification, annex D. Early versions of Node 20 have no crc32 in node:zlib. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
