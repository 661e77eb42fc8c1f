import {
  CARTOON_ID,
  classNames,
  DataError,
  ecg5000,
  FASHION_CLASSES,
  FASHION_ID,
  type ImageSplit,
  type ImageStream,
  joinBeats,
  onWhite,
  parseEcgCsv,
  parseIdx,
  parseUcr,
  resize,
  type SeriesSplit,
} from '@hourglass/datasets';
import { beatData, type DatasetId, type ExperimentData, imageData, streamedData } from '@hourglass/experiments';
import { unpackTar } from 'modern-tar';
import { FACE_SIZE } from './datasets.ts';
import { gunzip } from './gzip.ts';

/** A dataset made of the visitor's files. */
export interface OwnData {
  readonly id: DatasetId;
  readonly data: ExperimentData;
  /** What it is, in a sentence. */
  readonly description: string;
}

interface Content {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const WANTED =
  'Drop the IDX files of Fashion-MNIST (images and their labels, packed or not), the text of ECG5000 (ECG5000_TRAIN.txt and ECG5000_TEST.txt, or ecg.csv), or cartoons (PNG files, or a tar of them).';

/** Reads dataset files, told by their content. @throws DataError that says what is wrong and what is wanted */
export async function readDataFiles(files: readonly File[]): Promise<OwnData> {
  const contents = await Promise.all(
    files.map(async (file): Promise<Content> => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      return { name: file.name, bytes: await gunzip(bytes, file.name) };
    }),
  );
  if (contents.every(({ bytes }) => bytes[0] === 0 && bytes[1] === 0)) return images(contents);
  const pictures = (await Promise.all(contents.map(pngsIn))).flat();
  if (pictures.length > 0) return faces(pictures);
  const binary = contents.find(({ bytes }) => bytes.subarray(0, 1000).includes(0));
  if (binary !== undefined) throw new DataError(`${binary.name} is none of the known formats. ${WANTED}`);
  return beats(contents);
}

/** Images with their labels, of one split or of both. */
async function images(contents: readonly Content[]): Promise<OwnData> {
  const parsed = contents.map(({ name, bytes }) => ({ name, bytes, ...parseIdx(bytes, name) }));
  const splits = parsed
    .filter(({ shape }) => shape.length === 3)
    .map(({ name, bytes, shape, data }): ImageSplit & Content => {
      const [count = 0, height, width] = shape;
      if (height !== 28 || width !== 28) throw new DataError(`${name} holds images of ${height}x${width}, not 28x28.`);
      const labels = parsed.find((other) => other.shape.length === 1 && other.data.length === count)?.data;
      if (labels === undefined)
        throw new DataError(`${name} holds ${count} images, and no file the labels for them. Drop both together.`);
      const wrong = labels.find((label) => label >= FASHION_CLASSES.length);
      if (wrong !== undefined) throw new DataError(`A label of ${name} is ${wrong}, but labels go from 0 to 9.`);
      return { name, bytes, count, pixels: data, labels };
    })
    .sort((a, b) => b.count - a.count);
  const [first, second] = splits;
  if (first === undefined) throw new DataError(`There are labels, but no images. ${WANTED}`);
  if (splits.length > 2)
    throw new DataError(`${splits.length} files hold images: one for training and one for testing are wanted.`);
  const [train, test] = second === undefined ? divided(first) : [first, second];
  const classes = await classNames(splits.map(({ bytes }) => bytes));
  return {
    id: 'fashion-mnist',
    data: imageData({ id: FASHION_ID, source: 'files', shape: [28, 28, 1], classes, train, test }),
    description: `${train.count.toLocaleString('en')} images for training and ${test.count.toLocaleString('en')} for testing`,
  };
}

/** The last seventh for testing, as in Fashion-MNIST as a whole. */
function divided({ count, pixels, labels }: ImageSplit): [ImageSplit, ImageSplit] {
  if (count < 2) throw new DataError('There must be two images at least, one of them for testing.');
  const trained = count - Math.ceil(count / 7);
  const cut = trained * 28 * 28;
  return [
    { count: trained, pixels: pixels.subarray(0, cut), labels: labels.subarray(0, trained) },
    { count: count - trained, pixels: pixels.subarray(cut), labels: labels.subarray(trained) },
  ];
}

const PNG = [0x89, 0x50, 0x4e, 0x47];
const isPng = ({ bytes }: Content): boolean => PNG.every((byte, i) => bytes[i] === byte);

/** The file itself if it is a PNG; those in it if it is a tar. */
async function pngsIn(content: Content): Promise<Content[]> {
  if (isPng(content)) return [content];
  if (new TextDecoder().decode(content.bytes.subarray(257, 262)) !== 'ustar') return [];
  const entries = await unpackTar(content.bytes).catch(() => {
    throw new DataError(`${content.name} is damaged or cut short: it can't be unpacked. Get the file again.`);
  });
  const files = entries.map(({ header, data }) => ({ name: header.name, bytes: data ?? new Uint8Array() }));
  return files.filter(isPng);
}

/** Cartoons at the size that the models are trained with here; one in twenty is for testing. */
async function faces(pictures: readonly Content[]): Promise<OwnData> {
  if (pictures.length < 2) throw new DataError('There must be two pictures at least, one of them for testing.');
  const decoded: Uint8Array[] = [];
  for (const picture of pictures) decoded.push(await decodePng(picture));
  const tested = Math.ceil(pictures.length / 20);
  const stream = (from: number, to: number): ImageStream => ({
    count: to - from,
    names: pictures.slice(from, to).map(({ name }) => name),
    read: async (indices) => joined(indices.map((index) => decoded[from + index]!)),
  });
  const split = pictures.length - tested;
  return {
    id: 'cartoonset',
    data: streamedData({
      id: CARTOON_ID,
      source: 'files',
      shape: [FACE_SIZE, FACE_SIZE, 3],
      train: stream(0, split),
      test: stream(split, pictures.length),
      close: async () => undefined,
    }),
    description: `${split.toLocaleString('en')} pictures for training and ${tested.toLocaleString('en')} for testing, at ${FACE_SIZE} x ${FACE_SIZE} pixels`,
  };
}

/** RGB bytes on white, resized as in training on the command line. */
async function decodePng({ name, bytes }: Content): Promise<Uint8Array> {
  const options = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' } as const;
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), options).catch(() => {
    throw new DataError(`${name} can't be decoded: it is damaged, or no PNG. Leave it out, or get it again.`);
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return resize(onWhite(new Uint8Array(data.buffer)), width, height, FACE_SIZE);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function beats(contents: readonly Content[]): OwnData {
  const parts = contents.map(({ name, bytes }): SeriesSplit => {
    const text = new TextDecoder().decode(bytes);
    return /csv/i.test(name) ? parseEcgCsv(text, name) : parseUcr(text, name);
  });
  const all = parts.reduce(joinBeats);
  return {
    id: 'ecg5000',
    data: beatData(ecg5000(all, 'files')),
    description: `${all.count.toLocaleString('en')} beats, a fifth of them for testing`,
  };
}
