/** Heights and widths that images are made to: multiples of `step`. */
export const IMAGE_SIZES = { least: 16, most: 512, step: 8 } as const;

/** How an image that is not square becomes so: its edges are cut off, bars are added, or it is stretched. */
export const FITS = ['cover', 'contain', 'stretch'] as const;
export type Fit = (typeof FITS)[number];

export type Channels = 1 | 3;

/** How images of any kind become rows of one shape. */
export interface ImageForm {
  /** Height and width in pixels. */
  readonly size: number;
  /** 1: gray, 3: RGB. */
  readonly channels: Channels;
  readonly fit: Fit;
  /** What lies behind transparent pixels and bars, as `#rrggbb`. */
  readonly background: string;
}

/** The usual size of images of this shorter side: the nearest multiple of 8, from 16 to 128, since more takes long to train. */
export function usualImageSize(shorterSide: number): number {
  const { least, step } = IMAGE_SIZES;
  return Math.min(128, Math.max(least, step * Math.round(shorterSide / step)));
}
