import type { NoiseKind } from '@hourglass/experiments';

/** Adds each amount of noise to one garment and denoises the results: both [amounts, ...shape]. */
export type Denoise = (garment: Float32Array, amounts: readonly number[], seed: number) => Promise<Cleaned>;

interface Cleaned {
  readonly noisy: Float32Array;
  readonly clean: Float32Array;
}

/** How the page shows the amount of a noise. */
export interface NoiseScale {
  /** The largest amount to choose. */
  readonly max: number;
  /** The amounts that the page shows side by side. */
  readonly steps: readonly number[];
  /** What the amount measures, in gray images and in coloured ones. */
  readonly gray: string;
  readonly coloured: string;
  readonly format: (amount: number) => string;
}

const percent = (share: number): string => `${Math.round(100 * share)}%`;
const SHARES = { max: 0.8, steps: [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8], format: percent };

export const NOISES: Readonly<Record<NoiseKind, NoiseScale>> = {
  'salt-pepper': {
    ...SHARES,
    gray: 'pixels that become black or white',
    coloured: 'colour values that become lowest or highest',
  },
  mask: { ...SHARES, gray: 'pixels that become black', coloured: 'colour values that become lowest' },
  gaussian: {
    max: 1,
    steps: [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1],
    gray: 'standard deviation of what is added to each pixel',
    coloured: 'standard deviation of what is added to each colour value',
    format: (deviation) => deviation.toFixed(2),
  },
};
