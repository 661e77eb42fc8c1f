export const CARTOON_ID = 'cartoonset';

/**
 * The smaller of the two archives that Google publishes (https://google.github.io/cartoonset/, CC BY 4.0): what is downloaded
 * if there is nothing on the disk. No checksum is published; gzip has its own.
 */
export const CARTOON_DOWNLOAD = {
  url: 'https://storage.googleapis.com/cartoonset_public_files/cartoonset10k.tgz',
  name: 'cartoonset10k.tgz',
  count: 10_000,
} as const;

/** What holds the Cartoon Set in a folder of data sets, in the order in which it is looked for. */
export const CARTOON_NAMES: readonly string[] = [
  'cartoonset100k.tgz',
  CARTOON_DOWNLOAD.name,
  'cartoonset-256.tar',
  CARTOON_ID,
];

/** Images in the archives that Google publishes. */
export const CARTOON_COUNTS: Readonly<Record<string, number>> = {
  [CARTOON_DOWNLOAD.name]: CARTOON_DOWNLOAD.count,
  'cartoonset100k.tgz': 100_000,
};

/** Height and width of the images unless another size is asked for, in pixels. */
export const CARTOON_SIZE = 256;
