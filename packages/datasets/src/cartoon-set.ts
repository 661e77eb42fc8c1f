import {
  checkIndices,
  DataError,
  type DatasetFile,
  type ImageReader,
  type ImageStream,
  type NamedBytes,
  type Source,
  type StreamedImages,
} from './dataset.ts';
import { sha256Start } from './sha256.ts';

export const CARTOON_ID = 'cartoonset';

/**
 * The smaller of the two archives that Google publishes (https://google.github.io/cartoonset/, CC BY 4.0), downloaded
 * if the dataset is not on the disk. No checksum is published, but gzip includes one.
 */
export const CARTOON_DOWNLOAD = {
  url: 'https://storage.googleapis.com/cartoonset_public_files/cartoonset10k.tgz',
  name: 'cartoonset10k.tgz',
  count: 10_000,
} as const;

/** The names of the Cartoon Set in a folder of datasets, in search order. */
export const CARTOON_NAMES: readonly string[] = [
  'cartoonset100k.tgz',
  CARTOON_DOWNLOAD.name,
  'cartoonset-256.tar',
  CARTOON_ID,
];

/** The archives that Google publishes. */
export const CARTOON_FILES: readonly DatasetFile[] = [
  { name: CARTOON_DOWNLOAD.name, count: CARTOON_DOWNLOAD.count },
  { name: 'cartoonset100k.tgz', count: 100_000 },
];

/** Default height and width of the images, in pixels. */
export const CARTOON_SIZE = 256;

/** Decoded images that can be read in any order. */
export interface DecodedImages {
  /** As returned by {@link namesOf}. */
  readonly names: readonly string[];
  /** Reads the images at these indices, in this order, as row-major RGB bytes. */
  read(indices: readonly number[]): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The dataset of decoded images. Each split is sorted by name, independent of where the files were. */
export function cartoonSet(
  images: DecodedImages,
  source: Exclude<Source, 'procedural'>,
  imageSize: number,
): StreamedImages {
  const { names } = images;
  const rows = [...names.keys()].sort((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : a - b));
  const stream = (chosen: readonly number[]): ImageStream => ({
    count: chosen.length,
    names: chosen.map((row) => names[row]!),
    read: async (indices) => {
      checkIndices(indices, chosen.length);
      return images.read(indices.map((index) => chosen[index]!));
    },
  });
  return {
    id: CARTOON_ID,
    source,
    shape: [imageSize, imageSize, 3],
    train: stream(rows.filter((row) => !isInTestSplit(names[row]!))),
    test: stream(rows.filter((row) => isInTestSplit(names[row]!))),
    close: () => images.close(),
  };
}

/**
 * The file names to hash, without folders. Files that share a name, such as `a/image.png` and `b/image.png`, keep their
 * paths.
 */
export function namesOf(paths: readonly string[]): string[] {
  const names = paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
  const seen = new Set<string>();
  const repeated = new Set(names.filter((name) => seen.size === seen.add(name).size));
  return names.map((name, i) => (repeated.has(name) ? paths[i]! : name));
}

/** Selects one image in twenty by the hash of its file name, independent of its folder and of other files. */
function isInTestSplit(name: string): boolean {
  return sha256Start(new TextEncoder().encode(name)) % 20 === 0;
}

/**
 * The dataset of PNG files and tar archives of PNG files; undefined if there are none.
 * @throws DataError if one can't be decoded
 */
export async function cartoonsOfAnyFiles(
  files: readonly NamedBytes[],
  { imageSize, decode }: ImageReader,
): Promise<StreamedImages | undefined> {
  const pictures = (await Promise.all(files.map(pngsIn))).flat();
  if (pictures.length === 0) return undefined;
  const decoded: Uint8Array[] = [];
  for (const picture of pictures) decoded.push(await decode(picture));
  const images: DecodedImages = {
    names: namesOf(pictures.map(({ name }) => name)),
    read: async (indices) => {
      const rows = new Uint8Array(indices.length * imageSize * imageSize * 3);
      indices.forEach((index, i) => {
        rows.set(decoded[index]!, i * imageSize * imageSize * 3);
      });
      return rows;
    },
    close: async () => undefined,
  };
  return cartoonSet(images, 'files', imageSize);
}

const PNG = [0x89, 0x50, 0x4e, 0x47];
const isPng = ({ bytes }: NamedBytes): boolean => PNG.every((byte, i) => bytes[i] === byte);

/** The file itself if it is a PNG, or the PNG files in it if it is a tar. */
async function pngsIn(file: NamedBytes): Promise<NamedBytes[]> {
  if (isPng(file)) return [file];
  if (new TextDecoder().decode(file.bytes.subarray(257, 262)) !== 'ustar') return [];
  const { unpackTar } = await import('./unpack-tar.ts'); // only needed when an archive is dropped on a page
  try {
    return unpackTar(file.bytes).filter(isPng);
  } catch {
    throw new DataError(`${file.name} is damaged or cut short: it can't be unpacked. Get a fresh copy.`);
  }
}
