/** Images of one split as they are stored. */
export interface ImageSplit {
  readonly count: number;
  /** Bytes 0 .. 255, row-major [count, height, width, channels]. */
  readonly pixels: Uint8Array;
  /** One class index per image. */
  readonly labels: Uint8Array;
}

/** Where a dataset came from. `procedural` is the stand-in: not the real data. */
export type Source = 'files' | 'cache' | 'download' | 'procedural';

export interface ImageDataset {
  readonly id: string;
  readonly source: Source;
  /** Height, width, channels of one image. */
  readonly shape: readonly [number, number, number];
  /** Class names, indexed by label. */
  readonly classes: readonly string[];
  readonly train: ImageSplit;
  readonly test: ImageSplit;
}

/** Images of one split that are too many for memory: rows are read when they are wanted, in any order. */
export interface ImageStream {
  readonly count: number;
  /** File names by row. */
  readonly names: readonly string[];
  /** One class index per image; undefined where there are no classes. */
  readonly labels?: Uint8Array | undefined;
  /**
   * The rows of these indices in this order: bytes 0 .. 255, row-major [indices, height, width, channels].
   *
   * @throws RangeError if an index is not in 0 .. count - 1
   * @throws DataError if what holds them was damaged meanwhile
   */
  read(indices: readonly number[]): Promise<Uint8Array>;
}

/** @throws RangeError if an index is none of a split of so many samples */
export function checkIndices(indices: readonly number[], count: number): void {
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= count);
  if (wrong !== undefined) throw new RangeError(`There is no sample ${wrong} in a split of ${count}.`);
}

export interface StreamedImages {
  readonly id: string;
  readonly source: Source;
  /** Height, width, channels of one image. */
  readonly shape: readonly [number, number, number];
  /** Class names, indexed by label; undefined where there are no classes. */
  readonly classes?: readonly string[] | undefined;
  readonly train: ImageStream;
  readonly test: ImageStream;
  /** Lets go of the files that both splits are read from; nothing can be read any more. */
  close(): Promise<void>;
}

/** Time series of one split as they are stored, in its order. */
export interface SeriesSplit {
  readonly count: number;
  /** Unscaled samples, row-major [count, length]. */
  readonly values: Float32Array;
  /** One per series: 1 normal, 0 abnormal. */
  readonly normal: Uint8Array;
}

export interface SeriesDataset {
  readonly id: string;
  readonly source: Source;
  /** Samples of one series. */
  readonly length: number;
  /** The least sample of the training split, of normal and abnormal series together. */
  readonly minimum: number;
  /** The greatest one. */
  readonly maximum: number;
  readonly train: SeriesSplit;
  readonly test: SeriesSplit;
}

/** A dataset in memory or ready to be read. */
export type LoadedDataset = ImageDataset | StreamedImages | SeriesDataset;

/** The bytes of a decompressed file, and how to call it in errors. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A file as it is published. */
export interface DatasetFile {
  readonly name: string;
  /** Its length, where that is known. */
  readonly bytes?: number;
  /** Where one is known. */
  readonly md5?: string;
  /** The samples in it, where that is all that it can be checked by. */
  readonly count?: number;
}

/**
 * All that is known of a dataset before it is loaded, for every app. How its files are found and read on a disk stands in
 * `node/datasets.ts`, as a browser can't.
 */
export interface Dataset<Loaded extends LoadedDataset = LoadedDataset> {
  /** Its name on the command line and in results, and that of its folders. */
  readonly id: string;
  /** What messages call it. */
  readonly title: string;
  /** What it consists of, for a list. */
  readonly description: string;
  /** Whose it is, and the licence, as sentences. */
  readonly credit: string;
  /** What its samples are called, in the plural. */
  readonly samples: string;
  /** Class names by label; empty where there are no classes. */
  readonly classes: readonly string[];
  readonly files: readonly DatasetFile[];
  /** Draws the stand-in by code. @param options.size height and width of the images, where they may have several */
  readonly drawStandIn: (options: { size?: number | undefined }) => Loaded;
  /** What `drawStandIn` draws, in the plural. */
  readonly drawings: string;
  /** How it comes to lie beside the page; undefined: it never does. */
  readonly hosted?: Hosted<Loaded>;
  readonly dropped: Dropped<Loaded>;
}

/** A dataset's files beside the page, each compressed by gzip. */
export interface Hosted<Loaded extends LoadedDataset = LoadedDataset> {
  /** Their names on a disk. */
  readonly files: readonly string[];
  /** What is put beside the page of a file's content. */
  readonly cut: (content: Uint8Array) => Uint8Array;
  /** @param files in the order of the names above */
  readonly read: (files: readonly NamedBytes[]) => Loaded;
}

/** How a dataset is made of files that a visitor of the page drops. */
export interface Dropped<Loaded extends LoadedDataset = LoadedDataset> {
  /** Which files are wanted, for a list. */
  readonly wanted: string;
  /**
   * The dataset, or undefined if these are no files of it.
   *
   * @throws DataError if they are its files, but can't be read
   */
  readonly read: (files: readonly NamedBytes[], images: ImageReader) => Promise<Loaded | undefined>;
}

/** Decodes images as the browser can. */
export interface ImageReader {
  /** Height and width to which images are resized that may have any. */
  readonly size: number;
  /** RGB bytes on white, row-major [size, size, 3]. @throws DataError if it can't be decoded */
  readonly decode: (file: NamedBytes) => Promise<Uint8Array>;
}

/** A user's mistake or a bad file: the message is for the user and says what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
