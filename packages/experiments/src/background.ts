import type { FigureSource } from './figure-source.ts';
import { allRows, firstSamples } from './samples.ts';
import type { FittedWeights } from './stored-weights.ts';

/** The background of gray images. Fashion-MNIST shows bright objects on a dark background. */
export type Background = 'dark' | 'bright';

/** The metadata entry that stores the background. Files without it have a dark background. */
const ENTRY = 'hourglass.background';

/** Number of training images used to determine the background. */
const LOOKED_AT = 100;

/**
 * The background of gray images, from the mean of their border pixels.
 * @param rows values in [0, 1], [images, imageSize, imageSize]
 */
export function backgroundOf(rows: Float32Array, imageSize: number): Background {
  const border = rows.filter((_, i) => {
    const [y, x] = [Math.floor(i / imageSize) % imageSize, i % imageSize];
    return y === 0 || x === 0 || y === imageSize - 1 || x === imageSize - 1;
  });
  return border.reduce((sum, value) => sum + value, 0) / border.length > 0.5 ? 'bright' : 'dark';
}

/** The metadata to store with weights trained on gray images: an entry only if the background is bright. */
export async function backgroundMetadata({ data: { train } }: FigureSource): Promise<Record<string, string>> {
  const background = backgroundOf(await allRows(firstSamples(train, LOOKED_AT)), train.shape[0]!);
  return background === 'bright' ? { [ENTRY]: background } : {};
}

/** The background of the images that weights were trained on. */
export const trainedBackground = ({ metadata }: Pick<FittedWeights, 'metadata'>): Background =>
  metadata[ENTRY] === 'bright' ? 'bright' : 'dark';
