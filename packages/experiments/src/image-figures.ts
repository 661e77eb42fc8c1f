import type { ObjectiveContext } from '@hourglass/nn';
import { normalOnHost, type Tensor } from '@hourglass/tensor';
import type { Experiment } from './experiment.ts';
import {
  cleanAndNoisy,
  type Image,
  imageGrid,
  latentScatter,
  manifoldGrid,
  pairGrid,
  tripleGrid,
} from './figures/index.ts';
import type { Autoencoder } from './model.ts';
import { addNoise, encode, reconstruct } from './objectives.ts';
import type { Figure, Run } from './run.ts';
import { rowsAt } from './samples.ts';

/** The samples whose reconstructions show the progress from epoch to epoch. */
const PROGRESS_SAMPLES = 25;
const PER_CLASS = 2;
const SAMPLED = 10;
/** Test images in the scatter of the latent plane. */
const SCATTERED = 10_000;
const MANIFOLD_COLUMNS = 20;

type Compute = (model: Autoencoder, x: Tensor, context: ObjectiveContext) => Tensor;

/** The same 25 test samples through the model. */
export const progressGrid = progressOf(reconstruct);

/** The same 25 test samples, made noisy, through the model. */
export const denoisingProgress = progressOf(denoise);

function progressOf(compute: Compute): Experiment['progressFigure'] {
  return async (run, epoch, validation) => {
    const indices = Array.from({ length: Math.min(PROGRESS_SAMPLES, run.data.test.count) }, (_, i) => i);
    const score = `${run.experiment.lossName} ${validation.loss!.toFixed(4)}`;
    const caption = `${run.subject} · epoch ${epoch} · validation ${score}`;
    const images = await imagesFrom(run, indices, compute);
    return { name: `epoch-${String(epoch).padStart(3, '0')}`, svg: imageGrid({ images, columns: 5, caption }) };
  };
}

/** Test images of every class beside their reconstructions. */
export async function pairs(run: Run): Promise<Figure> {
  const indices = someOfEachClass(run);
  const svg = pairGrid({
    originals: imagesOf(run, rowsAt(run.data.test, indices)),
    reconstructions: await imagesFrom(run, indices, reconstruct),
    titles: classNames(run, indices),
    columns: PER_CLASS * 2,
    caption: `${run.subject} · test images and their reconstructions from ${run.settings.latent} numbers`,
  });
  return { name: 'reconstructions', svg };
}

/** One test image clean and noisy, and originals, reconstructions and noisy inputs of every class. */
export async function denoised(run: Run): Promise<Figure[]> {
  const indices = someOfEachClass(run);
  const originals = imagesOf(run, rowsAt(run.data.test, indices));
  const noisy = await imagesFrom(run, indices, (_, x, context) => addNoise(x, context));
  const reconstructions = await imagesFrom(run, indices, denoise);
  const titles = classNames(run, indices);
  const caption = `${run.subject} · 10 % of the pixels are noise`;
  return [
    { name: 'noise', svg: cleanAndNoisy({ clean: originals[0]!, noisy: noisy[0]!, caption: titles[0]! }) },
    {
      name: 'reconstructions',
      svg: tripleGrid({ originals, reconstructions, noisy, titles, columns: PER_CLASS, caption }),
    },
  ];
}

/** 5x5 test images through the model, under their class names. */
export async function namedGrid(run: Run): Promise<Figure> {
  const indices = Array.from({ length: Math.min(PROGRESS_SAMPLES, run.data.test.count) }, (_, i) => i);
  const images = await imagesFrom(run, indices, reconstruct);
  const caption = `${run.subject} · test images through the model`;
  return { name: 'reconstructions', svg: imageGrid({ images, titles: classNames(run, indices), columns: 5, caption }) };
}

/** Images decoded from codes drawn from the standard normal distribution. */
export async function sampled(run: Run): Promise<Figure> {
  const { latent, seed } = run.settings;
  const codes = normalOnHost(SAMPLED * latent, { seed });
  const images = imagesOf(run, await run.decode(codes));
  return { name: 'samples', svg: imageGrid({ images, columns: 5, caption: `${run.subject} · sampled from N(0, 1)` }) };
}

/** The plane of two latent numbers: where the test images lie, and what the decoder makes of its points. */
export async function latentPlane(run: Run): Promise<Figure[]> {
  if (run.settings.latent !== 2) return [];
  const { test, classes } = run.data;
  const indices = Array.from({ length: Math.min(SCATTERED, test.count) }, (_, i) => i);
  const points = await run.on(run.data.test, indices, (x, context) => encode(run.model, x, context));
  const xRange = middle(points.filter((_, i) => i % 2 === 0));
  const yRange = middle(points.filter((_, i) => i % 2 === 1));
  const step = (range: readonly [number, number], i: number): number =>
    range[0] + ((range[1] - range[0]) * i) / (MANIFOLD_COLUMNS - 1);
  const codes = new Float32Array(MANIFOLD_COLUMNS ** 2 * 2);
  for (let i = 0; i < MANIFOLD_COLUMNS ** 2; i++) {
    codes[2 * i] = step(xRange, i % MANIFOLD_COLUMNS);
    codes[2 * i + 1] = step(yRange, MANIFOLD_COLUMNS - 1 - Math.floor(i / MANIFOLD_COLUMNS));
  }
  const images = imagesOf(run, await run.decode(codes));
  return [
    {
      name: 'latent',
      svg: latentScatter({
        title: `${run.subject} · codes of the test set`,
        points,
        labels: test.labels.subarray(0, indices.length),
        classes,
      }),
    },
    {
      name: 'manifold',
      svg: manifoldGrid({
        title: `${run.subject} · the latent plane, decoded`,
        images,
        columns: MANIFOLD_COLUMNS,
        xRange,
        yRange,
      }),
    },
  ];
}

/** The range of all but the outermost hundredth on either side. */
function middle(values: Float32Array): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  const [low, high] = [at(0.01), at(0.99)];
  return low < high ? [low, high] : [low - 1, low + 1];
}

function denoise(model: Autoencoder, x: Tensor, context: ObjectiveContext): Tensor {
  return reconstruct(model, addNoise(x, context), context);
}

/** What `compute` makes of test images. */
async function imagesFrom(run: Run, indices: readonly number[], compute: Compute): Promise<Image[]> {
  return imagesOf(run, await run.on(run.data.test, indices, (x, context) => compute(run.model, x, context)));
}

/** Rows of the shape of the run's images. */
function imagesOf({ data }: Run, rows: Float32Array): Image[] {
  const [height, width, channels] = data.test.shape as [number, number, 1 | 3];
  const size = height * width * channels;
  return Array.from({ length: rows.length / size }, (_, i) => ({
    height,
    width,
    channels,
    data: rows.slice(i * size, (i + 1) * size),
  }));
}

function someOfEachClass({ data: { test, classes } }: Run): number[] {
  return classes.flatMap((_, label) => {
    const own = [...test.labels.keys()].filter((i) => test.labels[i] === label);
    return own.slice(0, PER_CLASS);
  });
}

const classNames = ({ data: { test, classes } }: Run, indices: readonly number[]): string[] =>
  indices.map((i) => classes[test.labels[i]!]!);
