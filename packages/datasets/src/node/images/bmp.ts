import type { Pixels } from './pixels.ts';

/** Whether a file is a Windows bitmap, which sharp does not read. */
export const isBmp = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x4d;

/** The sizes in bytes of the file header and of the oldest supported image header, BITMAPINFOHEADER. */
const FILE_HEADER = 14;
const INFO_HEADER = 40;

/** How pixels are stored: plain, or with masks for their colours (with or without a mask for transparency). */
const PLAIN = 0;
const MASKED = [3, 6];

/** The default masks of red, green and blue in a pixel of 16 or 32 bits. */
const MASKS: Readonly<Record<number, readonly [number, number, number]>> = {
  16: [0x7c00, 0x03e0, 0x001f],
  32: [0xff0000, 0x00ff00, 0x0000ff],
};

/** The header of a bitmap. */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Whether the first row is the top one. */
  readonly fromTop: boolean;
  /** Bits per pixel. */
  readonly bits: number;
  readonly masked: boolean;
  /** The offsets of the end of the header and the start of the pixels. */
  readonly headerEnd: number;
  readonly begin: number;
}

/** The header of a bitmap (https://learn.microsoft.com/windows/win32/gdi/bitmap-header-types), or its fault. */
export function parseBmpHeader(bytes: Uint8Array): BmpHeader | string {
  if (bytes.length < FILE_HEADER + INFO_HEADER) return 'is damaged or cut short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [own, height] = [view.getUint32(14, true), view.getInt32(22, true)];
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  const masked = MASKED.includes(compression) && (bits === 16 || bits === 32);
  if (own < INFO_HEADER || ![1, 4, 8, 16, 24, 32].includes(bits) || (compression !== PLAIN && !masked))
    return 'is a BMP of a rare kind: convert it to PNG';
  return {
    width: Math.abs(view.getInt32(18, true)),
    height: Math.abs(height),
    fromTop: height < 0,
    ...{ bits, masked },
    headerEnd: FILE_HEADER + own,
    begin: view.getUint32(10, true),
  };
}

/** The RGB pixels of a bitmap, or its fault. Its transparency is ignored: few programs write it. */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader): Pixels | string {
  const { width, height, fromTop, bits, masked, headerEnd, begin } = header;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (begin < headerEnd || bytes.length < begin + stride * height) return 'is damaged or cut short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const masks = masked
    ? ([0, 4, 8].map((at) => view.getUint32(FILE_HEADER + INFO_HEADER + at, true)) as [number, number, number])
    : MASKS[bits];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = begin + (fromTop ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      const at = row + Math.floor((x * bits) / 8);
      if (masks !== undefined) {
        const value = bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
        masks.forEach((mask, channel) => {
          data[to + channel] = masked8(value, mask);
        });
      } else {
        // Blue, green, red: from the pixel itself, or from its entry in the palette after the header.
        const index = (bytes[at]! >> (8 - bits - ((x * bits) % 8))) & (2 ** bits - 1);
        const colour = bits === 24 ? at : headerEnd + 4 * index;
        for (let channel = 0; channel < 3; channel++) data[to + channel] = bytes[colour + 2 - channel]!;
      }
    }
  }
  return { width, height, channels: 3, data };
}

/** The bits of a value under a mask, as a number up to 255. */
function masked8(value: number, mask: number): number {
  if (mask === 0) return 0;
  const shift = 31 - Math.clz32(mask & -mask);
  return Math.round((((value & mask) >>> shift) / (mask >>> shift)) * 255);
}
