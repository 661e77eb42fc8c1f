import type { Sharp } from 'sharp';
import type { Fit, ImageForm } from '../../images/options.ts';
import { decodeBmp, isBmp, parseBmpHeader } from './bmp.ts';
import type { Pixels } from './pixels.ts';
import { loadSharp } from './sharp.ts';

/** The most pixels of an image that is decoded. */
const MOST_PIXELS = 2 ** 27;
/** The shorter side in pixels of the smallest image worth training on. */
const SHORTEST_SIDE = 8;

/** The supported formats, by sharp's names. AVIF is a kind of HEIF. */
const FORMATS = ['png', 'jpeg', 'webp', 'tiff', 'gif', 'heif', 'raw'];

const FITTED = { cover: 'cover', contain: 'contain', stretch: 'fill' } as const satisfies Readonly<Record<Fit, string>>;

/** The properties of an image that are known before it is decoded. */
export interface ImageHeader {
  /** The displayed size, after the rotation that the camera recorded. */
  readonly width: number;
  readonly height: number;
  /** Above 1 if the image is animated or has pages. */
  readonly frames: number;
}

type Opened = ImageHeader & { readonly input: Sharp };

/**
 * Opens an image of any kind.
 *
 * @returns the undecoded image, or its fault, as the end of a sentence that starts with its name
 */
async function open(content: Uint8Array | Pixels): Promise<Opened | string> {
  const sharp = await loadSharp();
  const options = { failOn: 'error', limitInputPixels: MOST_PIXELS, autoOrient: true } as const;
  let input: Sharp;
  if ('data' in content) {
    const { data, width, height, channels } = content;
    input = sharp(data, { ...options, raw: { width, height, channels } });
  } else {
    if (content.length === 0) return 'is empty';
    if (isBmp(content)) return openBmp(content);
    // sharp would call an image with too many pixels damaged, so its header is read without a limit.
    input = sharp(content, { ...options, limitInputPixels: false });
  }
  const about = await input.metadata().catch(() => undefined);
  if (about === undefined) return 'is damaged, or no image of a kind that is read';
  const { format, autoOrient, pages = 1, compression, depth, space } = about;
  if (!FORMATS.includes(format) || (format === 'heif' && compression !== 'av1'))
    return `is ${format === 'heif' ? 'HEIC' : format.toUpperCase()}, which is not read: convert it to PNG or JPEG`;
  const opened = { input, ...autoOrient, frames: pages };
  return fault(autoOrient) ?? (depth === 'float' || depth === 'double' ? scaled(opened, space) : opened);
}

/**
 * Scales an image of floats. Gray values are from 0 to 1 or from 0 to 255. Colours must be in linear light from 0 to 1,
 * which sharp converts.
 */
async function scaled(opened: Opened, space: string): Promise<Opened | string> {
  const { input } = opened;
  const stats = await input.stats().catch(() => undefined);
  if (stats === undefined) return 'is damaged or cut short';
  const low = Math.min(...stats.channels.map(({ min }) => min));
  const high = Math.max(...stats.channels.map(({ max }) => max));
  const isGray = space === 'b-w';
  if (low < 0 || high > (isGray ? 255 : 1))
    return `contains floats from ${low} to ${high}, which is not read: scale them to 0 to 1`;
  return isGray && high <= 1 ? { ...opened, input: input.linear(255, 0) } : opened;
}

async function openBmp(bytes: Uint8Array): Promise<Opened | string> {
  const header = parseBmpHeader(bytes);
  if (typeof header === 'string') return header;
  const pixels = fault(header) ?? decodeBmp(bytes, header);
  return typeof pixels === 'string' ? pixels : open(pixels);
}

function fault({ width, height }: Pick<ImageHeader, 'width' | 'height'>): string | undefined {
  if (width * height > MOST_PIXELS) return `announces ${width}x${height} pixels; at most ${MOST_PIXELS} are supported`;
  if (Math.min(width, height) < SHORTEST_SIDE)
    return `is tiny, ${width}x${height} pixels; ${SHORTEST_SIDE}x${SHORTEST_SIDE} are the least`;
  return undefined;
}

/** The header of an image, or its fault. */
export async function readHeader(content: Uint8Array | Pixels): Promise<ImageHeader | string> {
  const opened = await open(content);
  return typeof opened === 'string' ? opened : { width: opened.width, height: opened.height, frames: opened.frames };
}

/** An image as a row of a dataset. */
export interface Decoded {
  /** RGB bytes, row-major [size, size, 3]. */
  readonly rgb: Uint8Array;
  /** As in {@link ImageHeader}; the first frame was decoded. */
  readonly frames: number;
}

/**
 * Decodes an image into 8-bit sRGB of one size, on the background, rotated as the camera recorded.
 *
 * @returns the image, or its fault, as the end of a sentence that starts with its name
 */
export async function decodeImage(
  content: Uint8Array | Pixels,
  { size, fit, background }: Omit<ImageForm, 'channels'>,
): Promise<Decoded | string> {
  const opened = await open(content);
  if (typeof opened === 'string') return opened;
  const { input, width, height, frames } = opened;
  const flat = input.flatten({ background });
  const fitted =
    width === size && height === size ? flat : flat.resize({ width: size, height: size, fit: FITTED[fit], background });
  const decoded = await fitted
    .raw({ depth: 'uchar' })
    .toBuffer()
    .catch(() => undefined);
  if (decoded?.length !== size * size * 3) return 'is damaged or cut short';
  return { rgb: decoded, frames };
}

/** An image as a row of a dataset of this form: bytes [size, size, channels], or its fault. */
export async function readRow(content: Uint8Array, form: ImageForm): Promise<Uint8Array | string> {
  const decoded = await decodeImage(content, form);
  if (typeof decoded === 'string') return decoded;
  return form.channels === 1 ? toGray(decoded.rgb) : decoded.rgb;
}

/** Whether red, green and blue are equal in every pixel. */
export function isGray(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}

/** The ITU-R BT.601 luma of RGB bytes; gray pixels keep their value. */
export function toGray(rgb: Uint8Array): Uint8Array {
  const gray = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < gray.length; i++)
    gray[i] = Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!);
  return gray;
}
