import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DataError } from '../../dataset.ts';
import { openFiles, unreadable, type Wanted } from '../file-source.ts';
import { openNpy, openNpz } from './arrays.ts';
import type { ImageSource } from './source.ts';
import { entriesOf, openZip } from './zip.ts';

const ENDINGS = /\.(png|jpe?g|jfif|webp|avif|tiff?|gif|bmp)$/i;
const OTHER_ENDINGS = /\.(heic|heif|svg|psd|cr2|cr3|nef|arw|dng|raw|jxl|jp2|ico)$/i;

const IMAGE_FILES: Wanted = {
  kind: 'images (PNG, JPEG, WebP, AVIF, TIFF, GIF, BMP)',
  accepts: (name) => ENDINGS.test(name) && !name.startsWith('.'),
  refuses: (name) => {
    const ending = OTHER_ENDINGS.exec(name)?.[1];
    return ending === undefined || name.startsWith('.')
      ? undefined
      : `is ${ending.toUpperCase()}, which is not read: convert it to PNG or JPEG`;
  },
  largest: 2 ** 29,
  archives: 'an archive (.tar, .tgz, .zip) nor an array (.npy, .npz)',
};

/**
 * Opens a source of images: a folder, a tar or zip archive, a `.npy` or `.npz` file.
 *
 * @throws DataError if there is no such path, it can't be read, or it holds no images
 */
export async function openImages(given: string): Promise<ImageSource> {
  const path = resolve(given);
  const about = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!about.isFile()) return openFiles(path, IMAGE_FILES);
  const fingerprint = `${about.size} ${about.mtimeMs}`;
  const start = await firstBytes(path);
  if (start.startsWith('\x93NUMPY')) return openNpy(path, fingerprint);
  if (!start.startsWith('PK')) return openFiles(path, IMAGE_FILES);
  for await (const holdsArrays of entriesOf(path, async (_, { fileName }) => fileName.endsWith('.npy')))
    return holdsArrays ? openNpz(path, fingerprint) : openZip(path, fingerprint, IMAGE_FILES);
  throw new DataError(`${path} is an empty archive. Give one that holds the images.`);
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(6), 0, 6, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
