export { classesOf, foldersOf } from './classes.ts';
export { type Channels, FITS, type Fit, IMAGE_SIZES, type ImageForm, usualSize } from './options.ts';
export { splitByContent } from './split.ts';
