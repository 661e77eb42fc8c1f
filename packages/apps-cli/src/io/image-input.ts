import { basename, extname } from 'node:path';
import { decodePng, readRow } from '@hourglass/datasets/node';
import { backgroundOf, trainedBackground } from '@hourglass/experiments';
import type { FoundModel } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { readInput } from './input-file.ts';
import type { Messages } from './messages.ts';
import { toUser } from './paths.ts';

/** An image of the user, adapted to a model. */
export interface ImageInput {
  /** The name of its file, without folder and extension. */
  readonly name: string;
  /** Values in [0, 1], row-major [size, size, channels]. */
  readonly row: Float32Array;
}

/**
 * Reads an image and adapts it to a model. A model of the user's own images takes any image format, in the form of its
 * training images. For other models, the image is a PNG of any size, gray or in colour: it is drawn on white and
 * resized to a square. For a gray model it is converted to gray, and inverted, with a message, if its background
 * differs from that of the training images.
 *
 * @throws UsageError if it can't be read or decoded
 */
export async function readImage(
  path: string,
  { fitted, images }: Pick<FoundModel, 'fitted' | 'images'>,
  messages: Messages,
): Promise<ImageInput> {
  const [size, , channels] = fitted.model.encoder.inputShape as [number, number, number];
  const bytes = new Uint8Array(await readInput(path));
  const name = basename(path, extname(path));
  if (images !== undefined) {
    const row = await readRow(bytes, images);
    if (typeof row === 'string') throw new UsageError(`${toUser(path)} ${row}.`);
    return { name, row: Float32Array.from(row, (byte) => byte / 255) };
  }
  const decoded = decodePng(bytes, size);
  if (typeof decoded === 'string')
    throw new UsageError(`${toUser(path)} ${decoded}. Images must be PNG files, of any size, gray or in colour.`);
  const rgb = Float32Array.from(decoded, (byte) => byte / 255);
  if (channels === 3) return { name, row: rgb };
  const gray = toGray(rgb);
  const [background, wanted] = [backgroundOf(gray, size), trainedBackground(fitted)];
  if (background === wanted) return { name, row: gray };
  messages.line(
    `${toUser(path)} is inverted: its background is ${background}, but the model was trained on ${wanted} ones.`,
  );
  return { name, row: gray.map((value) => 1 - value) };
}

/** The luma of ITU-R BT.601. */
function toGray(rgb: Float32Array): Float32Array {
  const gray = new Float32Array(rgb.length / 3);
  for (let i = 0; i < gray.length; i++)
    gray[i] = 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!;
  return gray;
}
