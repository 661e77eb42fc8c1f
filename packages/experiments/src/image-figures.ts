import { normalOnHost } from '@hourglass/tensor';
import { codesAt, MOST_DIRECTED, planeOf, pointsOf } from './code-plane.ts';
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
import { PALETTE } from './figures/palette.ts';
import { noiseCaption } from './noise.ts';
import { type ExperimentData, readerOf, rowsAt } from './samples.ts';
import type { TrainedModel } from './trained-model.ts';

/** Number of samples whose reconstructions show the progress from epoch to epoch. */
const PROGRESS_SAMPLES = 25;
const PER_CLASS = 2;
/** If there are more classes, figures show the first images instead of some of every class. */
const MOST_SHOWN_CLASSES = 10;
/** Number of pairs shown if the images have no classes, or too many. */
const CLASSLESS_PAIRS = 9;
const SAMPLED = 10;
/** Largest number of test images in the scatter plot of the latent plane. */
const SCATTERED = 10_000;
/** The most and the fewest images in a row of the plane, and the most pixels in a row. */
const MANIFOLD = { columns: 20, least: 4, pixels: 1280 };

/** Draws the reconstructions of the same 25 test samples in every epoch. */
export const progressGrid = progressOf((trained, rows) => trained.reconstruct(rows));

/** Draws the reconstructions of the same 25 test samples with noise in every epoch. */
export const denoisingProgress = progressOf(async (trained, rows) => trained.reconstruct(await trained.addNoise(rows)));

/** Draws the images that the same 25 codes decode to in every epoch. */
export const generationProgress: Experiment['progressFigure'] = async (source, epoch) => {
  const { trained } = source;
  const codes = normalOnHost(PROGRESS_SAMPLES * trained.latent, { seed: trained.seed });
  const images = imagesOf(source, await trained.decode(codes));
  const caption = `${subjectOf(source)} · epoch ${epoch} · the same 25 codes`;
  return { name: `epoch-${String(epoch).padStart(3, '0')}`, svg: imageGrid({ images, columns: 5, caption }) };
};

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
  const indices = shownOf(source);
  const rows = await rowsAt(data.test, indices);
  const svg = pairGrid({
    originals: imagesOf(source, rows),
    reconstructions: imagesOf(source, await trained.reconstruct(rows)),
    titles: classNames(source, indices),
    columns: showsClasses(source) ? PER_CLASS * 2 : Math.sqrt(CLASSLESS_PAIRS),
    caption: `${subjectOf(source)} · test images and their reconstructions from ${trained.latent} numbers`,
  });
  return { name: 'reconstructions', svg };
}

/** Draws one test image clean and noisy, and originals, reconstructions and noisy inputs of every class. */
export async function denoised(source: FigureSource): Promise<Figure[]> {
  const { trained, data } = source;
  const indices = shownOf(source);
  const rows = await rowsAt(data.test, indices);
  const noisyRows = await trained.addNoise(rows);
  const originals = imagesOf(source, rows);
  const noisy = imagesOf(source, noisyRows);
  const reconstructions = imagesOf(source, await trained.reconstruct(noisyRows));
  const titles = classNames(source, indices);
  const caption = `${subjectOf(source)} · ${noiseCaption(trained.noise)}`;
  return [
    { name: 'noise', svg: cleanAndNoisy({ clean: originals[0]!, noisy: noisy[0]!, caption: titles[0] ?? '' }) },
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
 * Draws the latent plane: the codes of the test images, and the images decoded from a grid of points. Returns no
 * figures for codes of one number, or of more than {@link MOST_DIRECTED}, which have no plane.
 *
 * @param known the codes of all test images; default: encodes those that it draws
 */
export async function latentPlane(source: FigureSource, known?: Float32Array): Promise<Figure[]> {
  const { trained, data } = source;
  const { latent } = trained;
  if (latent < 2 || latent > MOST_DIRECTED) return [];
  const scattered = readerOf(data.test, SCATTERED);
  const codes = known?.subarray(0, scattered.count * latent) ?? (await trained.encode(scattered));
  const plane = planeOf(codes, latent);
  const points = pointsOf(plane, codes);
  const axes: [string, string] =
    latent === 2 ? ['z1', 'z2'] : ['first principal direction', 'second principal direction'];
  const xRange = middle(points.filter((_, i) => i % 2 === 0));
  const yRange = middle(points.filter((_, i) => i % 2 === 1));
  const [side] = trained.model.decoder.outputShape as [number];
  const columns = Math.max(MANIFOLD.least, Math.min(MANIFOLD.columns, Math.floor(MANIFOLD.pixels / side)));
  const step = (range: readonly [number, number], i: number): number =>
    range[0] + ((range[1] - range[0]) * i) / (columns - 1);
  const grid = Float32Array.from({ length: 2 * columns ** 2 }, (_, at) => {
    const i = at >> 1;
    return at % 2 === 0 ? step(xRange, i % columns) : step(yRange, columns - 1 - Math.floor(i / columns));
  });
  const images = imagesOf(source, await trained.decode(codesAt(plane, grid)));
  const { classes, labels } = colouredBy(data, scattered.count);
  return [
    {
      name: 'latent',
      svg: latentScatter({ title: `${subjectOf(source)} · codes of the test set`, points, labels, classes, axes }),
    },
    {
      name: 'manifold',
      svg: manifoldGrid({
        title: `${subjectOf(source)} · the latent plane, decoded`,
        images,
        columns,
        xRange,
        yRange,
        axes,
      }),
    },
  ];
}

/**
 * The classes and labels by which the first test images are coloured. If there are too few colours, only the nine
 * largest classes have their own. Images without classes form one class.
 */
function colouredBy(
  { classes, test }: ExperimentData,
  count: number,
): { classes: readonly string[]; labels: Uint8Array } {
  if (classes.length === 0) return { classes: ['images'], labels: new Uint8Array(count) };
  const labels = test.labels.subarray(0, count);
  if (classes.length <= PALETTE.length) return { classes, labels };
  const counts = new Uint32Array(classes.length);
  for (const label of labels) counts[label]!++;
  const largest = [...classes.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, PALETTE.length - 1);
  const own = new Map(largest.map((label, i) => [label, i]));
  return {
    classes: [...largest.map((label) => classes[label]!), `${classes.length - largest.length} others`],
    labels: labels.map((label) => own.get(label) ?? largest.length),
  };
}

/** The range of all but the outermost hundredth on either side. */
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

/** Whether there is room for some images of every class. */
const showsClasses = ({ data: { classes } }: FigureSource): boolean =>
  classes.length > 0 && classes.length <= MOST_SHOWN_CLASSES;

/** The indices of the test images that figures show: some of every class if there is room, else the first ones. */
function shownOf(source: FigureSource): number[] {
  if (!showsClasses(source)) return firstOf(source, CLASSLESS_PAIRS);
  const { test, classes } = source.data;
  return classes.flatMap((_, label) => {
    const own = [...test.labels.keys()].filter((i) => test.labels[i] === label);
    return own.slice(0, PER_CLASS);
  });
}

/** The class names of test images; empty if they have no classes. */
const classNames = ({ data: { test, classes } }: FigureSource, indices: readonly number[]): string[] =>
  classes.length === 0 ? [] : indices.map((i) => classes[test.labels[i]!]!);
