import { basename, extname } from 'node:path';
import { decodePng, readRow } from '@hourglass/datasets/node';
import { backgroundOf, trainedBackground } from '@hourglass/experiments';
import type { FoundModel } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { readInput } from './input-file.ts';
import type { Messages } from './messages.ts';
import { toUser } from './paths.ts';

/** An image of the user's, made to fit a model. */
export interface ImageInput {
  /** Of its file, without folder and ending. */
  readonly name: string;
  /** Values in [0, 1], row-major [size, size, channels]. */
  readonly row: Float32Array;
}

/**
 * Reads an image and makes it fit a model. For one's own images that is as those were read that trained it; for the report's, a PNG of any
 * size is put on white, resized to a square, and for a gray model made gray, and inverted where its background is not that of the images that
 * the model was trained on, which is said.
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
    throw new UsageError(`${toUser(path)} ${decoded}. Images are PNG files, of any size, gray or in colour.`);
  const rgb = Float32Array.from(decoded, (byte) => byte / 255);
  if (channels === 3) return { name, row: rgb };
  const gray = toGray(rgb);
  const [background, wanted] = [backgroundOf(gray, size), trainedBackground(fitted)];
  if (background === wanted) return { name, row: gray };
  messages.line(`${toUser(path)} is inverted: its background is ${background}, and the model knows ${wanted} ones.`);
  return { name, row: gray.map((value) => 1 - value) };
}

/** The luma of ITU-R BT.601. */
function toGray(rgb: Float32Array): Float32Array {
  const gray = new Float32Array(rgb.length / 3);
  for (let i = 0; i < gray.length; i++)
    gray[i] = 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!;
  return gray;
}
