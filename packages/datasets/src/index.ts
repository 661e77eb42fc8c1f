export { DataError, type ImageDataset, type ImageSplit, type Source } from './dataset.ts';
export {
  FASHION_CLASSES,
  FASHION_FILES,
  FASHION_ID,
  FASHION_MIRRORS,
  type FashionFile,
  type FashionPart,
  fashionMnist,
  type NamedBytes,
} from './fashion-mnist.ts';
export { parseIdx } from './idx.ts';
export { proceduralFashion } from './procedural-fashion.ts';
