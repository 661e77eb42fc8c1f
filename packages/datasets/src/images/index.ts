export { FITS, IMAGE_SIZES, type ImageForm, usualImageSize } from './options.ts';
export { splitByContent } from './split.ts';
