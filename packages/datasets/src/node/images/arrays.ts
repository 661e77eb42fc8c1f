import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { DataError } from '../../dataset.ts';
import { type NpyHeader, type NumpyArray, npyHeaderBytes, numberReader, parseNpy, parseNpyHeader } from '../../npy.ts';
import type { Pixels } from './pixels.ts';
import type { FoundImage, ImageSource } from './source.ts';
import { entriesOf, readEntry } from './zip.ts';

/** The most bytes in an array of labels. */
const LARGEST_LABELS = 2 ** 28;
/** The most classes of one-hot labels. */
const MOST_CLASSES = 256;
/** The greatest 8-bit value. If the largest number is above half of it, numbers count as 8-bit values. */
const BYTE = 255;

/** An array in a file, read as a stream. */
interface StoredArray {
  readonly name: string;
  readonly header: NpyHeader;
  /** The file's bytes from its beginning. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** How the numbers of a row become pixels. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly channels: Pixels['channels'];
  /** Whether each channel is stored as a whole, one after the other. */
  readonly planes: boolean;
}

/**
 * The images in a `.npy` file: [images, height, width], optionally with 1, 3 or 4 channels after or before height and
 * width.
 *
 * @throws DataError if the file is damaged, or has no images that can be read
 */
export async function openNpy(path: string, fingerprint: string): Promise<ImageSource> {
  const bytes = () => createReadStream(path, { highWaterMark: 2 ** 20 });
  const name = basename(path);
  const array = { name: name.replace(/\.npy$/i, ''), header: await headerOf(bytes(), name), bytes };
  return sourceOf(path, fingerprint, [array], new Map());
}

/**
 * The images in a `.npz` file, NumPy's zip of arrays, and their labels: an array with one number or word per image, or
 * one-hot rows. Arrays that can't be read matter only if there are no images.
 *
 * @throws DataError if the file is damaged, or has no images that can be read
 */
export async function openNpz(path: string, fingerprint: string): Promise<ImageSource> {
  const arrays: StoredArray[] = [];
  const labels = new Map<string, readonly string[]>();
  const faults: DataError[] = [];
  const reading = entriesOf(path, async (zip, entry) => {
    if (!entry.fileName.endsWith('.npy')) return undefined;
    const name = entry.fileName.slice(0, -'.npy'.length);
    const stream = await zip.openReadStreamPromise(entry);
    const header = await headerOf(stream, `${path}, ${entry.fileName}`).catch((error: unknown) => {
      if (error instanceof DataError) faults.push(error);
      else throw error;
    });
    if (header === undefined) return undefined;
    const [count = 0, ...rest] = header.shape;
    const isSmall = entry.uncompressedSize <= LARGEST_LABELS && count > 0;
    const read = async () => parseNpy(await readEntry(zip, entry), entry.fileName).values;
    if (rest.every((extent) => extent === 1)) {
      if (isSmall) labels.set(name, Array.from(await read(), String));
      return undefined;
    }
    if (isSmall && rest.length === 1 && rest[0]! <= MOST_CLASSES) {
      const classes = oneHot(await read(), rest[0]!);
      if (classes !== undefined) {
        labels.set(name, classes);
        return undefined;
      }
    }
    return { name, header, bytes: () => bytesIn(path, entry.fileName) };
  });
  for await (const array of reading) arrays.push(array);
  const [fault] = faults;
  if (fault !== undefined && imagesIn(arrays).length === 0) throw fault;
  const source = await sourceOf(path, fingerprint, arrays, labels);
  return { ...source, notes: [...(source.notes ?? []), ...faults.map(({ message }) => message)] };
}

/** The classes of one-hot rows; undefined if a row is something else. */
function oneHot(values: NumpyArray['values'], width: number): string[] | undefined {
  if (!(values instanceof Float64Array)) return undefined;
  const classes: string[] = [];
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const others = row.filter((value) => value !== 0);
    if (others.length !== 1 || others[0] !== 1) return undefined;
    classes.push(String(row.indexOf(1)));
  }
  return classes;
}

async function* bytesIn(path: string, name: string): AsyncGenerator<Uint8Array> {
  const streams = entriesOf(path, async (zip, entry) =>
    entry.fileName === name ? await zip.openReadStreamPromise(entry) : undefined,
  );
  for await (const stream of streams) yield* stream as AsyncIterable<Uint8Array>;
}

async function headerOf(bytes: AsyncIterable<Uint8Array>, name: string): Promise<NpyHeader> {
  let start: Uint8Array = new Uint8Array();
  for await (const chunk of bytes) {
    start = Buffer.concat([start, chunk]);
    const length = npyHeaderBytes(start, name);
    if (length !== undefined && start.length >= length) break;
  }
  return parseNpyHeader(start, name);
}

async function sourceOf(
  path: string,
  fingerprint: string,
  all: readonly StoredArray[],
  labels: ReadonlyMap<string, readonly string[]>,
): Promise<ImageSource> {
  const arrays = imagesIn(all);
  if (arrays.length === 0) {
    const list = all.map(({ name, header }) => `${name} [${header.shape.join(', ')}]`).join(', ');
    throw new DataError(
      `${path} holds ${list || 'no arrays'}, and no array of images: [images, height, width], with 1, 3 or 4 channels at the end.`,
    );
  }
  const fortran = arrays.find(({ header }) => header.fortran);
  if (fortran !== undefined)
    throw new DataError(`${path}: ${fortran.name} is in Fortran's order. Save np.ascontiguousarray(…) of it.`);
  const range = await rangeOf(path, arrays);
  const [low, high] = scaleOf(range);
  const usual = low === 0 && (high === 1 || high === BYTE);
  return {
    path,
    fingerprint,
    notes: usual
      ? []
      : [`The numbers of the images, from ${range.join(' to ')}, are scaled: ${low} is black, ${high} white.`],
    async *files(progress, most = Number.POSITIVE_INFINITY) {
      const count = arrays.reduce((sum, { header }) => sum + header.shape[0]!, 0);
      const step = Math.max(1, Math.floor(count / most));
      let index = 0;
      for (const array of arrays) {
        const own = labelsOf(array, labels);
        let row = -1;
        for await (const numbers of rowsOf(path, array)) {
          row++;
          if (index++ % step !== 0) continue;
          yield imageOf(array, row, pixelsOf(numbers, array.layout, low, high), own);
          progress(index, count);
        }
      }
    },
  };
}

/** The arrays of images. Rows of pixels are images only if no array has images with a height and a width. */
function imagesIn(all: readonly StoredArray[]): (StoredArray & { readonly layout: Layout })[] {
  const arrays = all.flatMap((array) => {
    const layout = layoutOf(array.header.shape);
    return layout === undefined ? [] : [{ ...array, layout }];
  });
  const square = arrays.filter(({ header }) => header.shape.length > 2);
  return square.length > 0 ? square : arrays;
}

const imageOf = (
  { name }: StoredArray,
  row: number,
  content: Pixels,
  labels: readonly string[] | undefined,
): FoundImage => ({ path: `${name}-${row}`, content, label: labels?.[row] });

function layoutOf([count = 0, ...extents]: readonly number[]): Layout | undefined {
  if (count === 0 || extents.some((extent) => extent === 0)) return undefined;
  const isChannels = (extent: number): extent is Pixels['channels'] => extent === 1 || extent === 3 || extent === 4;
  const [a = 0, b = 0, c = 0] = extents;
  if (extents.length === 1) {
    const side = Math.sqrt(a);
    return Number.isInteger(side) && side > 1 ? { width: side, height: side, channels: 1, planes: false } : undefined;
  }
  if (extents.length === 2) return { height: a, width: b, channels: 1, planes: false };
  if (extents.length > 3) return undefined;
  if (isChannels(c)) return { height: a, width: b, channels: c, planes: false };
  return isChannels(a) ? { channels: a, height: b, width: c, planes: true } : undefined;
}

/**
 * The labels of an array: those with a matching name (y_train for x_train), or else the only labels of the same number.
 */
function labelsOf(
  { name, header }: StoredArray,
  labels: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const fitting = [...labels].filter(([, words]) => words.length === header.shape[0]);
  const namesake = name.replace(/^x/i, 'y').replace(/images?|data/i, 'labels');
  return (fitting.find(([own]) => own === namesake && own !== name) ??
    (fitting.length === 1 ? fitting[0] : undefined))?.[1];
}

/** The numbers of each row, one row after the other. All rows share the same memory. */
async function* rowsOf(path: string, { name, header, bytes }: StoredArray): AsyncGenerator<Float64Array> {
  const { shape, itemBytes, littleEndian, end } = header;
  const read = numberReader(header, `${path}, ${name}`);
  const [count = 0, ...extents] = shape;
  const numbers = new Float64Array(extents.reduce((size, extent) => size * extent, 1));
  const row = Buffer.alloc(numbers.length * itemBytes);
  const view = new DataView(row.buffer, row.byteOffset, row.length);
  let [skip, filled, done] = [end, 0, 0];
  for await (const chunk of bytes()) {
    let at = Math.min(skip, chunk.length);
    skip -= at;
    while (at < chunk.length && done < count) {
      const part = chunk.subarray(at, at + row.length - filled);
      row.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < row.length) continue;
      for (let i = 0; i < numbers.length; i++) numbers[i] = read(view, i * itemBytes, littleEndian);
      yield numbers;
      filled = 0;
      done++;
    }
  }
  if (done < count)
    throw new DataError(`${path} is cut short: ${name} has ${done} of ${count} images. Get a fresh copy.`);
}

/** The least and the greatest number. @throws DataError if one is not finite */
async function rangeOf(path: string, arrays: readonly StoredArray[]): Promise<readonly [number, number]> {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const array of arrays) {
    let row = 0;
    for await (const numbers of rowsOf(path, array)) {
      for (const value of numbers) {
        if (!Number.isFinite(value))
          throw new DataError(
            `${path}: image ${row} of ${array.name}, counted from 0, has a pixel that is no finite number.`,
          );
        if (value < low) low = value;
        if (value > high) high = value;
      }
      row++;
    }
  }
  return [low, high];
}

/**
 * The numbers that become black and white: 0 and 1; or 0 and 255 for 8-bit values; otherwise the least number, but at
 * most 0, and the greatest.
 */
function scaleOf([low, high]: readonly [number, number]): readonly [number, number] {
  if (low >= 0 && high <= 1) return [0, 1];
  if (low >= 0 && high <= BYTE && high > BYTE / 2) return [0, BYTE];
  return low >= 0 ? [0, high] : low < high ? [low, high] : [low, low + 1];
}

function pixelsOf(
  numbers: Float64Array,
  { width, height, channels, planes }: Layout,
  low: number,
  high: number,
): Pixels {
  const data = new Uint8Array(numbers.length);
  const pixels = width * height;
  for (let i = 0; i < data.length; i++) {
    const value = numbers[planes ? (i % channels) * pixels + Math.floor(i / channels) : i]!;
    data[i] = Math.round(((value - low) / (high - low)) * BYTE);
  }
  return { width, height, channels, data };
}
