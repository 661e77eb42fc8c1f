import { DataError, type ImageDataset, type ImageSplit, type Source } from './dataset.ts';
import { parseIdx } from './idx.ts';

export const FASHION_ID = 'fashion-mnist';

/** Class names by label, as in the dataset's README (Xiao, Rasul, Vollgraf, 2017; https://github.com/zalandoresearch/fashion-mnist). */
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

/** An official file as it is published, gzip-compressed. */
export interface FashionFile {
  readonly part: FashionPart;
  readonly name: string;
  /** Its length. */
  readonly bytes: number;
  readonly md5: string;
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
 * Class names by label, for a set of these decompressed image files. Other images come in the same format, and their labels mean
 * something else: unless every file is an official one, the names are the labels. The same where nothing can be hashed, as in a
 * page that came over http.
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

/** Folders that hold the official files, in the order in which they are tried. */
export const FASHION_MIRRORS: readonly string[] = [
  'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
  'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
];

/** The bytes of a decompressed file, and how to call it in errors. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The dataset made of four decompressed IDX files. The pixels and labels are views of the given bytes. The splits may have
 * any size, so that other images in the same format can be used.
 *
 * @param classes class names by label
 * @throws DataError if a file is no IDX file, not of 28x28 images or of labels 0 .. 9, or if images and labels differ in number
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
      `${imageFile.name} should hold images of 28x28 (count x 28 x 28), but holds ${images.shape.join('x')}.`,
    );
  }
  const labels = parseIdx(labelFile.bytes, labelFile.name);
  if (labels.shape.length !== 1) {
    throw new DataError(`${labelFile.name} should hold a list of labels, but holds ${labels.shape.join('x')}.`);
  }
  if (labels.data.length !== count || count === 0) {
    throw new DataError(
      `${imageFile.name} holds ${count} images and ${labelFile.name} ${labels.data.length} labels; there should be one label for each image, and at least one image.`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= FASHION_CLASSES.length);
  if (wrong >= 0) {
    throw new DataError(`${labelFile.name}: label ${wrong} is ${labels.data[wrong]}, but labels go from 0 to 9.`);
  }
  return { count, pixels: images.data, labels: labels.data };
}
