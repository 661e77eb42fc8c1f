export { onWhite } from './compose.ts';
export {
  checkIndices,
  DataError,
  type Dataset,
  type ImageDataset,
  type ImageReader,
  type ImageSplit,
  type ImageStream,
  type LoadedDataset,
  type NamedBytes,
  type SeriesDataset,
  type SeriesSplit,
  type Source,
  type StreamedImages,
} from './dataset.ts';
export { DATASET_IDS, DATASETS, type DatasetId, DROPPED_FILES, hostedPath } from './datasets.ts';
export {
  ECG_CLASSES,
  ECG_CSV_COUNT,
  ECG_ID,
  ECG_MIRRORS,
  ECG_PAIR,
  ecg5000,
  joinBeats,
  parseBeats,
  parseEcgCsv,
  parseUcr,
} from './ecg5000.ts';
export {
  classNames,
  FASHION_FILES,
  FASHION_MIRRORS,
  type FashionFile,
  fashionMnist,
} from './fashion-mnist.ts';
export { parseIdx } from './idx.ts';
export * from './images/index.ts';
export { proceduralCartoons } from './procedural-cartoons.ts';
export { proceduralEcg } from './procedural-ecg.ts';
export { proceduralFashion } from './procedural-fashion.ts';
export { resize } from './resize.ts';
export { chosenImages, sampleByName, sampleOf } from './sample-by-name.ts';
export * from './series/index.ts';
export { decodeText } from './text.ts';
