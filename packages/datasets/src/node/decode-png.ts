import { PNG } from 'pngjs';
import { onWhite } from '../compose.ts';
import { resize } from '../resize.ts';
import { chunksOf, inStandardForm, linesOf, SIGNATURE } from './standard-png.ts';

/** Largest height or width that is decoded, in pixels: such a picture takes 256 MiB as RGBA. */
const LARGEST_SIDE = 8192;

/** Largest compression ratio of Deflate, the compression of PNG (RFC 1951: 258 bytes from two bits). */
const LARGEST_RATIO = 1032;

/** Samples of a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Adam7's passes: first column, first row, column step and row step. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Decodes a PNG file (any colour type and depth) into RGB on white, resized. Like libpng, which only warns, it accepts
 * bytes after the end, superfluous image data, and transparency that does not fit the colours.
 *
 * @returns bytes [imageSize, imageSize, 3], or a description of the problem that completes a sentence starting with the
 *   file's name
 */
export function decodePng(given: Uint8Array, imageSize: number): Uint8Array | string {
  if (SIGNATURE.some((byte, i) => given[i] !== byte)) return given.length === 0 ? 'is empty' : 'is not a PNG';
  const chunks = chunksOf(given);
  if (chunks[0]?.type === 'CgBI')
    return 'is in Apple’s CgBI variant, not a standard PNG: convert it, for instance by opening and exporting it on a Mac';
  if (given.length < 29) return 'ends within its header';
  const end = chunks.at(-1);
  const png = end?.type === 'IEND' ? given.subarray(0, end.end) : given;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width === 0 || height === 0 || width > LARGEST_SIDE || height > LARGEST_SIDE) {
    return `declares ${width}x${height} pixels; 1x1 to ${LARGEST_SIDE}x${LARGEST_SIDE} are supported`;
  }
  const [depth, color, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28) === 1];
  const linesBytes = bytesOfLines(width, height, depth * (SAMPLES[color] ?? 1), interlaced);
  if (linesBytes > png.length * LARGEST_RATIO) {
    return `declares ${width}x${height} pixels, more than ${png.length} bytes can contain`; // before allocating them
  }
  // With too few bytes, the decoder would continue with whatever is in its memory.
  const lines = linesOf(chunks, linesBytes)?.subarray(0, linesBytes);
  if (lines === undefined) return 'is damaged or cut short';
  const bytes = width * height * 4;
  const data = pixelsOf(png, bytes) ?? pixelsOf(inStandardForm(chunks, lines, color), bytes);
  return data === undefined ? 'is damaged or cut short' : resize(onWhite(data), width, height, imageSize);
}

/** The RGBA bytes of a file, or undefined if the decoder fails. Its error messages would not help the user. */
function pixelsOf(png: Uint8Array | undefined, bytes: number): Uint8Array | undefined {
  if (png === undefined) return undefined;
  try {
    const { data } = PNG.sync.read(Buffer.from(png.buffer, png.byteOffset, png.byteLength));
    return data.length === bytes ? data : undefined;
  } catch {
    return undefined;
  }
}

/** The number of bytes in a picture's decompressed lines, including one filter byte per line. */
function bytesOfLines(width: number, height: number, bits: number, interlaced: boolean): number {
  const bytes = (columns: number, rows: number) => (columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bits) / 8)));
  if (!interlaced) return bytes(width, height);
  return PASSES.reduce((sum, [x, y, columnStep, rowStep]) => {
    const count = (extent: number, first: number, step: number) => Math.max(0, Math.ceil((extent - first) / step));
    return sum + bytes(count(width, x, columnStep), count(height, y, rowStep));
  }, 0);
}
