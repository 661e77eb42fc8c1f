import type { FigureSource } from './figure-source.ts';
import { allRows, firstSamples } from './samples.ts';
import type { FittedWeights } from './stored-weights.ts';

/** What surrounds the things on gray images: Fashion-MNIST has white things on black. */
export type Background = 'dark' | 'bright';

/** The entry of a file's metadata that says so; without it, it is dark. */
const ENTRY = 'hourglass.background';

/** Training images that are looked at. */
const LOOKED_AT = 100;

/** The background of gray images, by the mean of their outermost pixels. @param rows values in [0, 1], [images, size, size] */
export function backgroundOf(rows: Float32Array, size: number): Background {
  const border = rows.filter((_, i) => {
    const [y, x] = [Math.floor(i / size) % size, i % size];
    return y === 0 || x === 0 || y === size - 1 || x === size - 1;
  });
  return border.reduce((sum, value) => sum + value, 0) / border.length > 0.5 ? 'bright' : 'dark';
}

/** What is stored with weights that were trained on gray images with a bright background. */
export async function backgroundMetadata({ data: { train } }: FigureSource): Promise<Record<string, string>> {
  const background = backgroundOf(await allRows(firstSamples(train, LOOKED_AT)), train.shape[0]!);
  return background === 'bright' ? { [ENTRY]: background } : {};
}

/** The background of the images that weights were trained on. */
export const trainedBackground = ({ metadata }: Pick<FittedWeights, 'metadata'>): Background =>
  metadata[ENTRY] === 'bright' ? 'bright' : 'dark';
