import { type FileSource, openFiles, type Wanted } from './file-source.ts';

/** Extensions of image formats that are not supported. */
const OTHER_IMAGES = /\.(jpe?g|webp|gif|bmp|tiff?|avif|heic)$/i;

const PNG_FILES: Wanted = {
  kind: 'PNG files',
  accepts: isPng,
  refuses: (name) => {
    const ending = OTHER_IMAGES.exec(name)?.[1];
    return ending === undefined || name.startsWith('.')
      ? undefined
      : `is not a PNG, but ${ending.toUpperCase()}: convert it`;
  },
  largest: 64 * 2 ** 20, // the Cartoon Set's have 60 000 bytes at most
  archives: 'a tar archive (.tar or .tgz)',
};

/** Opens a folder or tar archive of PNG files. @throws DataError as {@link openFiles} does */
export const openPngSource = (path: string): Promise<FileSource> => openFiles(path, PNG_FILES);

/**
 * Whether a name is that of a PNG file. macOS adds `._name.png` next to `name.png` to archives; it is not a picture.
 */
export function isPng(name: string): boolean {
  return name.toLowerCase().endsWith('.png') && !name.startsWith('.');
}
