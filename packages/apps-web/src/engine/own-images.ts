import { DataError, type ImageForm, type ImageStream, splitByContent, usualImageSize } from '@hourglass/datasets';
import { imageExperiment, ownImageData } from '@hourglass/experiments';
import type { OwnExperiment } from './own-experiment.ts';

const IMAGE = /\.(png|jpe?g|webp|avif|gif|bmp)$/i;
/** The names of the Cartoon Set's images, which have their own experiments. */
const CARTOON = /^cs\d+\.png$/i;

/** Images whose sizes decide the usual size. */
const MEASURED = 25;
const BACKGROUND = '#ffffff';
/** Greatest difference between the channels of a grey pixel: JPEG rounds. */
const GREY = 6;
const HELD_BACK = 0.1;

/** The largest model that each kind of adapter trains while one watches. */
const MODELS = {
  hardware: { size: 128, width: 32, latent: 64 },
  software: { size: 32, width: 8, latent: 16 },
} as const;

/** Whether these are images without an experiment of the report. */
export const areOwnImages = (files: readonly File[]): boolean =>
  files.every(({ name }) => IMAGE.test(name)) && !files.every(({ name }) => CARTOON.test(name));

/**
 * An autoencoder of the visitor's images, in a size that suits them and the adapter. The browser decodes them and turns
 * them as their EXIF orientation says; their edges are cut off to a square.
 *
 * @throws DataError that names an image that can't be decoded, or if all are the same
 */
export async function ownImages(files: readonly File[], kind: keyof typeof MODELS): Promise<OwnExperiment> {
  const most = MODELS[kind];
  const shorter = await Promise.all(files.slice(0, MEASURED).map(shorterSide));
  const median = shorter.sort((a, b) => a - b)[Math.floor(shorter.length / 2)]!;
  const size = Math.min(most.size, usualImageSize(median));
  const images: Uint8Array[] = [];
  for (const file of files) images.push(await rgbOf(file, size));
  const channels = images.every(isGrey) ? 1 : 3;
  const rows = channels === 1 ? images.map((rgb) => rgb.filter((_, i) => i % 3 === 0)) : images;
  const { train, test } = splitByContent(await Promise.all(rows.map(hashOf)), HELD_BACK);
  const form: ImageForm = { size, channels, fit: 'cover', background: BACKGROUND };
  const data = ownImageData({
    id: 'images',
    source: 'files',
    shape: [size, size, channels],
    train: streamOf(files, rows, train),
    test: streamOf(files, rows, test),
    close: async () => undefined,
  });
  const { width, latent } = most;
  return {
    experiment: imageExperiment('images', { ...form, latent, width, classes: [] }, train.length),
    data,
    description: `${train.length} images for training and ${test.length} for testing, drawn at ${size}×${size} ${channels === 1 ? 'in grey' : 'in colour'}`,
  };
}

async function bitmapOf(file: File): Promise<ImageBitmap> {
  return createImageBitmap(file).catch(() => {
    throw new DataError(
      `${file.name} can't be decoded: it is damaged or not an image. Leave it out or get a new copy.`,
    );
  });
}

async function shorterSide(file: File): Promise<number> {
  const bitmap = await bitmapOf(file);
  const side = Math.min(bitmap.width, bitmap.height);
  bitmap.close();
  return side;
}

/** Row-major RGB bytes [size, size, 3] of the middle square, on the background. */
async function rgbOf(file: File, size: number): Promise<Uint8Array> {
  const bitmap = await bitmapOf(file);
  const { width, height } = bitmap;
  const side = Math.min(width, height);
  const context = new OffscreenCanvas(size, size).getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, size, size);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, (width - side) / 2, (height - side) / 2, side, side, 0, 0, size, size);
  bitmap.close();
  return new Uint8Array(context.getImageData(0, 0, size, size).data.filter((_, i) => i % 4 < 3));
}

function isGrey(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) {
    const [r, g, b] = [rgb[i]!, rgb[i + 1]!, rgb[i + 2]!];
    if (Math.max(r, g, b) - Math.min(r, g, b) > GREY) return false;
  }
  return true;
}

/** The SHA-256 of an image in hexadecimal. */
async function hashOf(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function streamOf(files: readonly File[], rows: readonly Uint8Array[], chosen: readonly number[]): ImageStream {
  const size = rows[0]!.length;
  return {
    count: chosen.length,
    names: chosen.map((row) => files[row]!.name),
    read: async (indices) => {
      const bytes = new Uint8Array(indices.length * size);
      indices.forEach((index, i) => {
        bytes.set(rows[chosen[index]!]!, i * size);
      });
      return bytes;
    },
  };
}
