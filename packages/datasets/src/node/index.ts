export { defaultCacheDir } from './cache.ts';
export { type CartoonOptions, loadCartoonSet } from './cartoon-set.ts';
export { decodePng } from './decode-png.ts';
export { DownloadError } from './download.ts';
export { loadEcg5000 } from './ecg5000.ts';
export { loadFashionMnist } from './fashion-mnist.ts';
export type { LoadOptions } from './load.ts';
export { DATASET_IDS, type DatasetId, locateDataset } from './locate.ts';
export { type VerifiedFile, type VerifyOptions, verifyDataset } from './verify.ts';
