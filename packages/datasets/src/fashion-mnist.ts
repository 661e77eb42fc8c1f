import {
  DataError,
  type DatasetFile,
  type ImageDataset,
  type ImageSplit,
  type NamedBytes,
  type Source,
} from './dataset.ts';
import { parseIdx } from './idx.ts';

export const FASHION_ID = 'fashion-mnist';

/**
 * Class names by label, from the dataset's README (Xiao, Rasul, Vollgraf, 2017;
 * https://github.com/zalandoresearch/fashion-mnist).
 */
export const FASHION_CLASSES: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

export type FashionPart = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

/** A published official file, gzip-compressed. */
export interface FashionFile extends Required<Omit<DatasetFile, 'count'>> {
  readonly part: FashionPart;
}

export const FASHION_FILES: readonly FashionFile[] = [
  {
    part: 'trainImages',
    name: 'train-images-idx3-ubyte.gz',
    bytes: 26_421_880,
    md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
  },
  { part: 'trainLabels', name: 'train-labels-idx1-ubyte.gz', bytes: 29_515, md5: '25c81989df183df01b3e8a0aad5dffbe' },
  { part: 'testImages', name: 't10k-images-idx3-ubyte.gz', bytes: 4_422_102, md5: 'bef4ecab320f06d8554ea6380940ec79' },
  { part: 'testLabels', name: 't10k-labels-idx1-ubyte.gz', bytes: 5_148, md5: 'bb300cfdad3c16e7a12a480ee83cd310' },
];

/** SHA-256 of the official image files, decompressed. */
const OFFICIAL_IMAGES: readonly string[] = [
  '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b', // train
  'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888', // t10k
];

/**
 * Class names by label for these decompressed image files. Other datasets use the same format with other classes, so
 * unless every file is an official one, the labels themselves are the names. The same applies where hashing is not
 * available, as in a page loaded over http.
 */
export async function classNames(imageFiles: readonly Uint8Array[]): Promise<readonly string[]> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) return LABELS;
  const sums = await Promise.all(
    imageFiles.map((bytes) => subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>).then(hex)),
  );
  return sums.every((sum) => OFFICIAL_IMAGES.includes(sum)) ? FASHION_CLASSES : LABELS;
}

const LABELS: readonly string[] = FASHION_CLASSES.map((_, label) => String(label));

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** URLs of folders with the official files, in the order they are tried. */
export const FASHION_MIRRORS: readonly string[] = [
  'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
  'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
];

/**
 * The dataset of four decompressed IDX files. The pixels and labels are views of the given bytes. The splits may have
 * any size, so other images in the same format can be used.
 *
 * @param classes class names by label
 * @throws DataError if a file is not an IDX file of 28x28 images or of labels 0 .. 9, or if images and labels differ in
 *   number
 */
export function fashionMnist(
  files: Readonly<Record<FashionPart, NamedBytes>>,
  source: Exclude<Source, 'procedural'>,
  classes = FASHION_CLASSES,
): ImageDataset {
  return {
    id: FASHION_ID,
    source,
    shape: [28, 28, 1],
    classes,
    train: split(files.trainImages, files.trainLabels),
    test: split(files.testImages, files.testLabels),
  };
}

function split(imageFile: NamedBytes, labelFile: NamedBytes): ImageSplit {
  const images = parseIdx(imageFile.bytes, imageFile.name);
  const [count = 0, height, width] = images.shape;
  if (images.shape.length !== 3 || height !== 28 || width !== 28) {
    throw new DataError(
      `${imageFile.name} must contain images of 28x28 (count x 28 x 28), but contains ${images.shape.join('x')}.`,
    );
  }
  const labels = parseIdx(labelFile.bytes, labelFile.name);
  if (labels.shape.length !== 1) {
    throw new DataError(`${labelFile.name} must contain a list of labels, but contains ${labels.shape.join('x')}.`);
  }
  if (labels.data.length !== count || count === 0) {
    throw new DataError(
      `${imageFile.name} contains ${count} images and ${labelFile.name} ${labels.data.length} labels; there must be one label for each image, and at least one image.`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= FASHION_CLASSES.length);
  if (wrong >= 0) {
    throw new DataError(`${labelFile.name}: label ${wrong} is ${labels.data[wrong]}, but labels must be from 0 to 9.`);
  }
  return { count, pixels: images.data, labels: labels.data };
}

/**
 * The dataset from the contents of the official files, in the order of {@link FASHION_FILES}.
 *
 * @throws DataError as {@link fashionMnist}
 */
export function fashionOfFiles(files: readonly NamedBytes[], source: Exclude<Source, 'procedural'>): ImageDataset {
  const parts = FASHION_FILES.map(({ part }, i) => [part, files[i]!] as const);
  return fashionMnist(Object.fromEntries(parts) as Record<FashionPart, NamedBytes>, source);
}

/**
 * The dataset of IDX files in any order: images with their labels, for one split or both. Undefined if any is not an
 * IDX file.
 *
 * @throws DataError if labels or images are missing or do not fit the format of Fashion-MNIST
 */
export async function fashionOfAnyFiles(files: readonly NamedBytes[]): Promise<ImageDataset | undefined> {
  if (files.some(({ bytes }) => bytes[0] !== 0 || bytes[1] !== 0)) return undefined;
  const parsed = files.map(({ name, bytes }) => ({ name, bytes, ...parseIdx(bytes, name) }));
  const splits = parsed
    .filter(({ shape }) => shape.length === 3)
    .map(({ name, bytes, shape: [count = 0] }) => {
      const labels = parsed.find((other) => other.shape.length === 1 && other.data.length === count);
      if (labels === undefined)
        throw new DataError(`${name} contains ${count} images, but no file has their labels. Drop both together.`);
      return { bytes, ...split({ name, bytes }, labels) };
    })
    .sort((a, b) => b.count - a.count);
  const [first, second] = splits;
  if (first === undefined) throw new DataError('There are labels, but no images. Drop both together.');
  if (splits.length > 2)
    throw new DataError(`${splits.length} files contain images. Give one for training and one for testing.`);
  const [train, test] = second === undefined ? divided(first) : [first, second];
  const classes = await classNames(splits.map(({ bytes }) => bytes));
  return { id: FASHION_ID, source: 'files', shape: [28, 28, 1], classes, train, test };
}

/** Uses the last seventh for testing, the same share as in Fashion-MNIST. */
function divided({ count, pixels, labels }: ImageSplit): [ImageSplit, ImageSplit] {
  if (count < 2) throw new DataError('There must be at least two images, one of them for testing.');
  const trained = count - Math.ceil(count / 7);
  const cut = trained * 28 * 28;
  return [
    { count: trained, pixels: pixels.subarray(0, cut), labels: labels.subarray(0, trained) },
    { count: count - trained, pixels: pixels.subarray(cut), labels: labels.subarray(trained) },
  ];
}
