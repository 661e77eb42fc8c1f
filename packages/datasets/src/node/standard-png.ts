import { deflateSync, inflateSync } from 'node:zlib';

/** A chunk of a PNG file, and where it ends. */
export interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With length, type and checksum. */
  readonly framed: Uint8Array;
  readonly end: number;
}

/** Colour types that can have a chunk for transparency. */
const [GRAY, RGB, PALETTE] = [0, 2, 3];

export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Length, type and checksum. */
const FRAME_BYTES = 12;

/** Bytes of decompressed pixels beyond those that a picture needs, above which a file is no picture any more. */
const MOST_SURPLUS = 2 ** 20;

/** The chunks of a PNG file up to IEND, or to where they break off. */
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
 * The lines of a picture, decompressed, and what comes after them.
 * @param linesBytes bytes of all lines
 * @returns undefined if the data can't be decompressed, or are too few
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
 * The same picture in a file that every decoder takes, of one that libpng takes with a warning: with image data beyond its
 * pixels, which are cut off, or with transparency that does not fit its colours, which is left out.
 *
 * @param lines its lines alone, decompressed
 * @param color the colour type
 * @returns undefined if it is damaged in another way
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

/** PNG specification, annex D; that of node:zlib is not in every Node 20. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
