/** The possible heights and widths of resized images: multiples of `step`. */
export const IMAGE_SIZES = { least: 16, most: 512, step: 8 } as const;

/** How an image becomes square: its edges are cut off, bars are added, or it is stretched. */
export const FITS = ['cover', 'contain', 'stretch'] as const;
export type Fit = (typeof FITS)[number];

export type Channels = 1 | 3;

/** How images of any kind become rows of the same shape. */
export interface ImageForm {
  /** Height and width in pixels. */
  readonly size: number;
  /** 1: gray, 3: RGB. */
  readonly channels: Channels;
  readonly fit: Fit;
  /** The colour behind transparent pixels and of bars, as `#rrggbb`. */
  readonly background: string;
}

/**
 * The default size of images with this shorter side: the nearest multiple of 8, from 16 to 128, because larger images
 * take long to train.
 */
export function usualImageSize(shorterSide: number): number {
  const { least, step } = IMAGE_SIZES;
  return Math.min(128, Math.max(least, step * Math.round(shorterSide / step)));
}
