export { defaultCacheDir } from './cache-dir.ts';
export { makeFolder } from './make-folder.ts';
