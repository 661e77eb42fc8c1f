export { FITS, IMAGE_SIZES, type ImageForm } from './options.ts';
export { splitByContent } from './split.ts';
