import { PNG } from 'pngjs';
import { onWhite } from '../compose.ts';
import { resize } from '../resize.ts';

/** Height or width of the largest picture that is decoded, in pixels: its RGBA takes 256 MiB. */
const LARGEST_SIDE = 8192;

/** Deflate, which PNG files are compressed by, makes at most this of a byte (RFC 1951: 258 bytes of two bits). */
const LARGEST_RATIO = 1032;

/** Samples of a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Decodes a PNG file (any colour type and depth) into RGB on white, resized.
 *
 * @returns bytes [size, size, 3], or what is wrong with the file, as the end of a sentence that starts with its name
 */
export function decodePng(png: Uint8Array, size: number): Uint8Array | string {
  if (SIGNATURE.some((byte, i) => png[i] !== byte)) return png.length === 0 ? 'is empty' : 'is no PNG';
  if (png.length < 26) return 'breaks off in its header';
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width === 0 || height === 0 || width > LARGEST_SIDE || height > LARGEST_SIDE) {
    return `announces ${width}x${height} pixels; 1x1 to ${LARGEST_SIDE}x${LARGEST_SIDE} are read`;
  }
  const lineBytes = 1 + Math.ceil((width * view.getUint8(24) * (SAMPLES[view.getUint8(25)] ?? 1)) / 8);
  if (height * lineBytes > png.length * LARGEST_RATIO) {
    return `announces ${width}x${height} pixels, more than ${png.length} bytes can hold`; // before memory is taken for them
  }
  try {
    const { data } = PNG.sync.read(Buffer.from(png.buffer, png.byteOffset, png.byteLength));
    if (data.length !== width * height * 4) return 'lacks pixels';
    return resize(onWhite(data), width, height, size);
  } catch {
    return 'is damaged or cut short'; // what the decoder says of either is of no use to anybody
  }
}
