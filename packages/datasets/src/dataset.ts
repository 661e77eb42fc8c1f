/** The stored images of one split. */
export interface ImageSplit {
  readonly count: number;
  /** Bytes 0 .. 255, row-major [count, height, width, channels]. */
  readonly pixels: Uint8Array;
  /** One class index per image. */
  readonly labels: Uint8Array;
}

/** The origin of a dataset. `procedural` is the stand-in, not the real data. */
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

/** Images of one split that do not fit in memory. Rows are read on demand, in any order. */
export interface ImageStream {
  readonly count: number;
  /** File names by row. */
  readonly names: readonly string[];
  /** One class index per image; undefined where there are no classes. */
  readonly labels?: Uint8Array | undefined;
  /**
   * Reads the rows at these indices, in this order: bytes 0 .. 255, row-major [indices, height, width, channels].
   *
   * @throws RangeError if an index is not in 0 .. count - 1
   * @throws DataError if the stored images have been damaged in the meantime
   */
  read(indices: readonly number[]): Promise<Uint8Array>;
}

/** @throws RangeError if an index is out of range for a split with this many samples */
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
  /** Closes the files that both splits are read from. Nothing can be read afterwards. */
  close(): Promise<void>;
}

/** The stored time series of one split, in its order. */
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
  /** The smallest value in the training split, over normal and abnormal series. */
  readonly minimum: number;
  /** The largest value in the training split. */
  readonly maximum: number;
  readonly train: SeriesSplit;
  readonly test: SeriesSplit;
}

/** A dataset in memory or ready to be read. */
export type LoadedDataset = ImageDataset | StreamedImages | SeriesDataset;

/** The bytes of a decompressed file, and its name in errors. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A published file. */
export interface DatasetFile {
  readonly name: string;
  /** Its length, if known. */
  readonly bytes?: number;
  /** Its checksum, if known. */
  readonly md5?: string;
  /** The number of samples in it, if no better check exists. */
  readonly count?: number;
}

/**
 * The description of a dataset before it is loaded, for every app. The code that finds and reads its files on a disk is
 * in `node/datasets.ts`, because browsers can't do that.
 */
export interface Dataset<Loaded extends LoadedDataset = LoadedDataset> {
  /** Its name on the command line, in results, and of its folders. */
  readonly id: string;
  /** Its name in messages. */
  readonly title: string;
  /** Its contents, for a list. */
  readonly description: string;
  /** Its origin and licence, as sentences. */
  readonly credit: string;
  /** The name of its samples, in the plural. */
  readonly samples: string;
  /** Class names by label; empty if there are no classes. */
  readonly classes: readonly string[];
  readonly files: readonly DatasetFile[];
  /** Draws the stand-in. @param options.imageSize height and width of the images, for datasets that support several */
  readonly drawStandIn: (options: { imageSize?: number | undefined }) => Loaded;
  /** The name of what `drawStandIn` draws, in the plural. */
  readonly drawings: string;
  /** How it is hosted next to the page; undefined if it never is. */
  readonly hosted?: Hosted<Loaded>;
  readonly dropped: Dropped<Loaded>;
}

/** A dataset's files hosted next to the page, each gzip-compressed. */
export interface Hosted<Loaded extends LoadedDataset = LoadedDataset> {
  /** Their file names. */
  readonly files: readonly string[];
  /** The part of a file's content that is hosted. */
  readonly cut: (content: Uint8Array) => Uint8Array;
  /** @param files in the order of the names above */
  readonly read: (files: readonly NamedBytes[]) => Loaded;
}

/** How a dataset is read from files that a visitor drops on the page. */
export interface Dropped<Loaded extends LoadedDataset = LoadedDataset> {
  /** The expected files, for a list. */
  readonly wanted: string;
  /**
   * The dataset, or undefined if these are not its files.
   *
   * @throws DataError if they are its files but can't be read
   */
  readonly read: (files: readonly NamedBytes[], images: ImageReader) => Promise<Loaded | undefined>;
}

/** Decodes images in the browser. */
export interface ImageReader {
  /** Height and width that images of datasets with several sizes are resized to. */
  readonly imageSize: number;
  /** RGB bytes on white, row-major [imageSize, imageSize, 3]. @throws DataError if the file can't be decoded */
  readonly decode: (file: NamedBytes) => Promise<Uint8Array>;
}

/** A user's mistake or a bad file. The message is for the user and says what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
