export { loadCartoonSet } from './cartoon-set.ts';
export { loadDataset, locateDataset, verifyDataset } from './datasets.ts';
export { decodePng } from './decode-png.ts';
export { DownloadError } from './download.ts';
export { loadEcg5000 } from './ecg5000.ts';
export { loadFashionMnist } from './fashion-mnist.ts';
export type { LoadOptions } from './load.ts';
export { readSeries } from './series/files.ts';
export type { VerifiedFile } from './verify.ts';
