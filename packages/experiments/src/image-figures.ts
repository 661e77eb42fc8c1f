import { normalOnHost } from '@hourglass/tensor';
import type { Experiment } from './experiment.ts';
import { type Figure, type FigureSource, subjectOf } from './figure-source.ts';
import {
  cleanAndNoisy,
  type Image,
  imageGrid,
  latentScatter,
  manifoldGrid,
  pairGrid,
  tripleGrid,
} from './figures/index.ts';
import { rowsAt } from './samples.ts';
import type { TrainedModel } from './trained-model.ts';

/** Number of samples whose reconstructions show the progress from epoch to epoch. */
const PROGRESS_SAMPLES = 25;
const PER_CLASS = 2;
/** Number of pairs for images without classes. */
const CLASSLESS_PAIRS = 9;
const SAMPLED = 10;
/** Largest number of test images in the scatter plot of the latent plane. */
const SCATTERED = 10_000;
const MANIFOLD_COLUMNS = 20;

/** Draws the reconstructions of the same 25 test samples in every epoch. */
export const progressGrid = progressOf((trained, rows) => trained.reconstruct(rows));

/** Draws the reconstructions of the same 25 test samples with noise in every epoch. */
export const denoisingProgress = progressOf(async (trained, rows) => trained.reconstruct(await trained.addNoise(rows)));

function progressOf(
  compute: (trained: TrainedModel, rows: Float32Array) => Promise<Float32Array>,
): Experiment['progressFigure'] {
  return async (source, epoch, validation) => {
    const rows = await rowsAt(source.data.test, firstOf(source, PROGRESS_SAMPLES));
    const score = `${source.experiment.lossName} ${validation.loss!.toFixed(4)}`;
    const caption = `${subjectOf(source)} · epoch ${epoch} · validation ${score}`;
    const images = imagesOf(source, await compute(source.trained, rows));
    return { name: `epoch-${String(epoch).padStart(3, '0')}`, svg: imageGrid({ images, columns: 5, caption }) };
  };
}

/** Draws test images next to their reconstructions, from every class if the images have classes. */
export async function pairs(source: FigureSource): Promise<Figure> {
  const { trained, data } = source;
  const indices = data.classes.length > 0 ? someOfEachClass(source) : firstOf(source, CLASSLESS_PAIRS);
  const rows = await rowsAt(data.test, indices);
  const svg = pairGrid({
    originals: imagesOf(source, rows),
    reconstructions: imagesOf(source, await trained.reconstruct(rows)),
    titles: classNames(source, indices),
    columns: data.classes.length > 0 ? PER_CLASS * 2 : Math.sqrt(CLASSLESS_PAIRS),
    caption: `${subjectOf(source)} · test images and their reconstructions from ${trained.latent} numbers`,
  });
  return { name: 'reconstructions', svg };
}

/** Draws one test image clean and noisy, and originals, reconstructions and noisy inputs of every class. */
export async function denoised(source: FigureSource): Promise<Figure[]> {
  const { trained, data } = source;
  const indices = someOfEachClass(source);
  const rows = await rowsAt(data.test, indices);
  const noisyRows = await trained.addNoise(rows);
  const originals = imagesOf(source, rows);
  const noisy = imagesOf(source, noisyRows);
  const reconstructions = imagesOf(source, await trained.reconstruct(noisyRows));
  const titles = classNames(source, indices);
  const caption = `${subjectOf(source)} · 10 % of the pixels are noise`;
  return [
    { name: 'noise', svg: cleanAndNoisy({ clean: originals[0]!, noisy: noisy[0]!, caption: titles[0]! }) },
    {
      name: 'reconstructions',
      svg: tripleGrid({ originals, reconstructions, noisy, titles, columns: PER_CLASS, caption }),
    },
  ];
}

/** Draws the reconstructions of 5x5 test images, with class names. */
export async function testGrid(source: FigureSource): Promise<Figure> {
  const indices = firstOf(source, PROGRESS_SAMPLES);
  const rows = await rowsAt(source.data.test, indices);
  const images = imagesOf(source, await source.trained.reconstruct(rows));
  const caption = `${subjectOf(source)} · test images through the model`;
  const titles = classNames(source, indices);
  return { name: 'reconstructions', svg: imageGrid({ images, titles, columns: 5, caption }) };
}

/** Draws images decoded from codes sampled from the standard normal distribution. */
export async function sampled(source: FigureSource): Promise<Figure> {
  const { trained } = source;
  const codes = normalOnHost(SAMPLED * trained.latent, { seed: trained.seed });
  const images = imagesOf(source, await trained.decode(codes));
  const caption = `${subjectOf(source)} · sampled from N(0, 1)`;
  return { name: 'samples', svg: imageGrid({ images, columns: 5, caption }) };
}

/**
 * Draws the latent plane of codes with two numbers: the codes of the test images, and images decoded from a grid of
 * points.
 */
export async function latentPlane(source: FigureSource): Promise<Figure[]> {
  const { trained, data } = source;
  if (trained.latent !== 2) return [];
  const indices = firstOf(source, SCATTERED);
  const points = await trained.encode(await rowsAt(data.test, indices));
  const xRange = middle(points.filter((_, i) => i % 2 === 0));
  const yRange = middle(points.filter((_, i) => i % 2 === 1));
  const step = (range: readonly [number, number], i: number): number =>
    range[0] + ((range[1] - range[0]) * i) / (MANIFOLD_COLUMNS - 1);
  const codes = new Float32Array(MANIFOLD_COLUMNS ** 2 * 2);
  for (let i = 0; i < MANIFOLD_COLUMNS ** 2; i++) {
    codes[2 * i] = step(xRange, i % MANIFOLD_COLUMNS);
    codes[2 * i + 1] = step(yRange, MANIFOLD_COLUMNS - 1 - Math.floor(i / MANIFOLD_COLUMNS));
  }
  const images = imagesOf(source, await trained.decode(codes));
  return [
    {
      name: 'latent',
      svg: latentScatter({
        title: `${subjectOf(source)} · codes of the test set`,
        points,
        labels: data.test.labels.subarray(0, indices.length),
        classes: data.classes,
      }),
    },
    {
      name: 'manifold',
      svg: manifoldGrid({
        title: `${subjectOf(source)} · the latent plane, decoded`,
        images,
        columns: MANIFOLD_COLUMNS,
        xRange,
        yRange,
      }),
    },
  ];
}

/** The range of the values without the outermost hundredth on each side. */
function middle(values: Float32Array): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  const [low, high] = [at(0.01), at(0.99)];
  return low < high ? [low, high] : [low - 1, low + 1];
}

/** Rows as images with the model's image shape. */
export function imagesOf({ trained }: Pick<FigureSource, 'trained'>, rows: Float32Array): Image[] {
  const [height, width, channels] = trained.model.decoder.outputShape as [number, number, 1 | 3];
  const size = height * width * channels;
  return Array.from({ length: rows.length / size }, (_, i) => ({
    height,
    width,
    channels,
    data: rows.slice(i * size, (i + 1) * size),
  }));
}

/** The indices of the first test images. */
function firstOf({ data: { test } }: FigureSource, most: number): number[] {
  return Array.from({ length: Math.min(most, test.count) }, (_, i) => i);
}

function someOfEachClass({ data: { test, classes } }: FigureSource): number[] {
  return classes.flatMap((_, label) => {
    const own = [...test.labels.keys()].filter((i) => test.labels[i] === label);
    return own.slice(0, PER_CLASS);
  });
}

/** The class names of test images; empty if they have no classes. */
const classNames = ({ data: { test, classes } }: FigureSource, indices: readonly number[]): string[] =>
  classes.length === 0 ? [] : indices.map((i) => classes[test.labels[i]!]!);
