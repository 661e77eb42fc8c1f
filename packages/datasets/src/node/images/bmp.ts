import { decode } from 'bmp-ts';
import type { Pixels } from './pixels.ts';

/** Whether a file is a Windows bitmap, which sharp does not read. */
export const isBmp = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x4d;

/** Height and width that a bitmap announces; undefined if its header is cut short. */
export function bmpSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  if (bytes.length < 54) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

/** The RGB pixels of a bitmap; undefined if it is damaged. */
export function decodeBmp(bytes: Uint8Array): Pixels | undefined {
  try {
    // Its other order of channels, RGBA, spoils pixels of one bit (bmp-ts 1.0.9).
    const { data, width, height, bitPP, compression, rawSize, offset } = decode(Buffer.from(bytes), { toRGBA: false });
    const stored = (compression ?? 0) === 0 ? Math.ceil((width * bitPP) / 32) * 4 * Math.abs(height) : rawSize;
    if (bytes.length < offset + stored) return undefined;
    const rgb = new Uint8Array(width * Math.abs(height) * 3);
    for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3)
      for (let channel = 0; channel < 3; channel++) rgb[to + channel] = data[from + 3 - channel]!;
    return { width, height: Math.abs(height), channels: 3, data: rgb };
  } catch {
    return undefined;
  }
}
