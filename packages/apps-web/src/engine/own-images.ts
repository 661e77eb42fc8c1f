import { DataError, type ImageForm, type ImageStream, splitByContent, usualImageSize } from '@hourglass/datasets';
import { IMAGE_IDS, imageExperiment, ownImageData, type Samples } from '@hourglass/experiments';
import type { Proposal } from './proposal.ts';

const IMAGE = /\.(png|jpe?g|webp|avif|gif|bmp)$/i;
/** The names of the Cartoon Set's images, which have their own experiments. */
const CARTOON = /^cs\d+\.png$/i;

/** The number of images whose sizes determine the usual size. */
const MEASURED = 25;
const BACKGROUND = '#ffffff';
/** Greatest difference between the channels of a grey pixel: JPEG rounds. */
const GREY = 6;
const HELD_BACK = 0.1;

/** The largest model that each kind of adapter trains while the visitor watches. */
const MODELS = {
  hardware: { size: 128, width: 32, latent: 64 },
  software: { size: 32, width: 8, latent: 16 },
} as const;

/** Whether these are images without an experiment of the report. */
export const areOwnImages = (files: readonly File[]): boolean =>
  files.every(({ name }) => IMAGE.test(name)) && !files.every(({ name }) => CARTOON.test(name));

/**
 * Autoencoders of the visitor's images, in a size that suits the images and the adapter. The browser decodes the images
 * and applies their EXIF orientation. Their edges are cut off to a square.
 *
 * @throws DataError that names an image that can't be decoded, or if all are the same
 */
export async function ownImages(files: readonly File[], kind: keyof typeof MODELS): Promise<Proposal> {
  const most = MODELS[kind];
  const shorter = await Promise.all(files.slice(0, MEASURED).map(shorterSide));
  const median = shorter.sort((a, b) => a - b)[Math.floor(shorter.length / 2)]!;
  const size = Math.min(most.size, usualImageSize(median));
  const usual = { size, fit: 'cover', background: BACKGROUND } as const;
  const images: Uint8Array[] = [];
  for (const file of files) images.push(await rgbOf(file, usual));
  const channels = images.every(isGrey) ? 1 : 3;
  const form: ImageForm = { ...usual, channels };
  const rows = channels === 1 ? images.map(greyOf) : images;
  const { train, test } = splitByContent(await Promise.all(rows.map(hashOf)), HELD_BACK);
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
    experiments: IMAGE_IDS.map((id) => imageExperiment(id, { ...form, latent, width, classes: [] }, train.length)),
    data,
    description: `${train.length} images for training and ${test.length} for testing, drawn at ${size}×${size} ${channels === 1 ? 'in grey' : 'in colour'}`,
    files,
    images: imagesIn(files, form, rows),
  };
}

/** Reads all images in a given form. Each form is read only once. */
function imagesIn(
  files: readonly File[],
  usual: ImageForm,
  usualRows: readonly Uint8Array[],
): NonNullable<Proposal['images']> {
  const samples = (rows: readonly Uint8Array[], { size, channels }: ImageForm): Samples => ({
    count: files.length,
    shape: [size, size, channels],
    labels: new Uint8Array(),
    stream: streamOf(files, rows, [...files.keys()]),
  });
  const read = async (form: ImageForm): Promise<Samples> => {
    const rows: Uint8Array[] = [];
    for (const file of files) {
      const rgb = await rgbOf(file, form);
      rows.push(form.channels === 1 ? greyOf(rgb) : rgb);
    }
    return samples(rows, form);
  };
  const keyOf = ({ size, channels, fit, background }: ImageForm): string => [size, channels, fit, background].join();
  const known = new Map([[keyOf(usual), Promise.resolve(samples(usualRows, usual))]]);
  return (form) => {
    const reading = known.get(keyOf(form)) ?? read(form);
    known.set(keyOf(form), reading);
    return reading;
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

/** Row-major RGB bytes [size, size, 3] of an image on the background. */
async function rgbOf(
  file: File,
  { size, fit, background }: Pick<ImageForm, 'size' | 'fit' | 'background'>,
): Promise<Uint8Array> {
  const bitmap = await bitmapOf(file);
  const [across, down] = [size / bitmap.width, size / bitmap.height];
  const zoom = fit === 'cover' ? Math.max(across, down) : Math.min(across, down);
  const [width, height] = fit === 'stretch' ? [size, size] : [bitmap.width * zoom, bitmap.height * zoom];
  const context = new OffscreenCanvas(size, size).getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = background;
  context.fillRect(0, 0, size, size);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, (size - width) / 2, (size - height) / 2, width, height);
  bitmap.close();
  return new Uint8Array(context.getImageData(0, 0, size, size).data.filter((_, i) => i % 4 < 3));
}

/** The ITU-R BT.601 luma of RGB bytes. */
const greyOf = (rgb: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: rgb.length / 3 }, (_, i) =>
    Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!),
  );

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
