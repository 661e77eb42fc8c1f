export { FITS, IMAGE_SIZES, type ImageForm, usualSize } from './options.ts';
export { splitByContent } from './split.ts';
