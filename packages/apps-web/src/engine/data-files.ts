import {
  DATASET_IDS,
  DATASETS,
  DataError,
  type DatasetId,
  DROPPED_FILES,
  type ImageReader,
  type LoadedDataset,
  type NamedBytes,
  onWhite,
  resize,
} from '@hourglass/datasets';
import { type ExperimentData, experimentData } from '@hourglass/experiments';
import { FACE_SIZE } from './datasets.ts';
import { gunzip } from './gzip.ts';

/** A dataset built from the visitor's files. */
export interface OwnData {
  readonly id: DatasetId;
  readonly data: ExperimentData;
  /** Describes the dataset to the visitor. */
  readonly description: string;
}

/** Reads dataset files, identified by content. @throws DataError that says what is wrong and which files to drop */
export async function readDataFiles(files: readonly File[]): Promise<OwnData> {
  const contents = await Promise.all(
    files.map(async (file): Promise<NamedBytes> => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      return { name: file.name, bytes: await gunzip(bytes, file.name) };
    }),
  );
  const images: ImageReader = { imageSize: FACE_SIZE, decode: decodePng };
  for (const id of DATASET_IDS) {
    const dataset = await DATASETS[id].dropped.read(contents, images);
    if (dataset !== undefined) return { id, data: experimentData(dataset), description: describe(id, dataset) };
  }
  const names = contents.map(({ name }) => name).join(', ');
  throw new DataError(`${names}: these files belong to no known dataset. Drop ${DROPPED_FILES}.`);
}

function describe(id: DatasetId, { train, test }: LoadedDataset): string {
  const { samples } = DATASETS[id];
  return `${train.count.toLocaleString('en')} ${samples} for training and ${test.count.toLocaleString('en')} for testing`;
}

/** Decodes a PNG to RGB bytes on white, resized as the command line does for training. */
async function decodePng({ name, bytes }: NamedBytes): Promise<Uint8Array> {
  const options = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' } as const;
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), options).catch(() => {
    throw new DataError(`${name} can't be decoded: it is damaged or not a PNG. Leave it out or get a new copy.`);
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return resize(onWhite(new Uint8Array(data.buffer)), width, height, FACE_SIZE);
}
