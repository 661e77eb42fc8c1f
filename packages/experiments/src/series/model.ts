import {
  conv1d,
  conv1dTranspose,
  dense,
  flatten,
  type Layer,
  leakyRelu,
  relu,
  reshape,
  Sequential,
} from '@hourglass/nn';
import type { Autoencoder } from '../model.ts';

/** dense: the report's detector, wider for longer windows; conv: strided convolutions along time. */
export const SERIES_MODELS = ['dense', 'conv'] as const;
export type SeriesModel = (typeof SERIES_MODELS)[number];

export interface SeriesShape {
  readonly model: SeriesModel;
  /** Instants in a window. */
  readonly window: number;
  /** Numbers per instant. */
  readonly channels: number;
}

/** The report's detector: numbers per window, and layer widths. */
const REPORT = { numbers: 140, widths: [32, 16] };
/**
 * Length of the codes: the report's, and twice as long for conv, where the noise in training keeps longer codes from
 * copying the input.
 */
const LATENT: Readonly<Record<SeriesModel, number>> = { dense: 8, conv: 16 };
/** The largest width. Growing in proportion without limit would need more memory than a GPU has. */
const WIDEST = 512;

/** The default model. Windows of up to {@link BASE} instants are too short for convolutions. */
export const usualModel = (window: number): SeriesModel => (window > BASE ? 'conv' : 'dense');

/** The width of a layer, which grows in proportion to the numbers in a window: from the report's width up to `most`. */
const inProportion = (width: number, numbers: number, most: number): number =>
  Math.max(width, Math.min(most, Math.round((width * numbers) / REPORT.numbers)));

/**
 * The default length of the codes, at most half of the numbers in a window. Longer codes also reconstruct abnormal
 * windows.
 */
export const usualLatent = ({ model, window, channels }: SeriesShape): number =>
  Math.min(LATENT[model], Math.floor((window * channels) / 2));

/** The model for windows [window, channels]. Its output is linear, so it can reconstruct any range of values. */
export function seriesAutoencoder(shape: SeriesShape, latent: number): Autoencoder {
  return shape.model === 'dense' ? denseAutoencoder(shape, latent) : convolutional(shape, latent);
}

function denseAutoencoder({ window, channels }: SeriesShape, latent: number): Autoencoder {
  const numbers = window * channels;
  const widths = REPORT.widths.map((width) => inProportion(width, numbers, WIDEST));
  return {
    encoder: new Sequential(
      'encoder',
      [window, channels],
      [flatten(), ...widths.flatMap((width) => [dense(width), relu()]), dense(latent), relu()],
    ),
    decoder: new Sequential(
      'decoder',
      [latent],
      [...widths.toReversed().flatMap((width) => [dense(width), relu()]), dense(numbers), reshape([window, channels])],
    ),
  };
}

const KERNEL = 5;
const FILTERS = { first: 16, others: 32 };
/** Strided convolutions continue until at most this many instants are left. */
const BASE = 16;
/** Longer windows start with a stride of four: otherwise half of all work would be in their first two convolutions. */
const LONG = 1024;
const strideAt = (length: number): number => (length > LONG ? 4 : 2);

/**
 * Strided convolutions to the code and back, with a parallel linear path in both directions. The linear path finds what
 * principal components find, even in few series, so the convolutions need not learn it.
 */
function convolutional({ window, channels }: SeriesShape, latent: number): Autoencoder {
  const lengths = [window];
  while (lengths.at(-1)! > BASE) lengths.push(Math.ceil(lengths.at(-1)! / strideAt(lengths.at(-1)!)));
  const stages = lengths.length - 1;
  const strides = lengths.slice(0, stages).map(strideAt);
  const filters = (stage: number): number => (stage === 0 ? FILTERS.first : FILTERS.others);
  const [base, width] = [lengths[stages]!, stages === 0 ? channels : filters(stages - 1)];
  const encoding = Array.from({ length: stages }, (_, stage) => [
    conv1d({ filters: filters(stage), kernelSize: KERNEL, stride: strides[stage]! }),
    leakyRelu(0.2),
  ]).flat();
  const decoding = Array.from({ length: stages }, (_, i) => {
    const stage = stages - 1 - i;
    const last = stage === 0;
    return [
      conv1dTranspose({ filters: last ? channels : filters(stage - 1), kernelSize: KERNEL, stride: strides[stage]! }),
      ...(strides[stage]! * lengths[stage + 1]! === lengths[stage]!
        ? []
        : [cropped(strides[stage]! * lengths[stage + 1]! - lengths[stage]!)]),
      ...(last ? [] : [leakyRelu(0.2)]),
    ];
  }).flat();
  const numbers = window * channels;
  return {
    encoder: new Sequential(
      'encoder',
      [window, channels],
      [
        added([
          new Sequential('convolved', [window, channels], [...encoding, flatten(), dense(latent)]),
          new Sequential('straight', [window, channels], [flatten(), dense(latent)]),
        ]),
      ],
    ),
    decoder: new Sequential(
      'decoder',
      [latent],
      [
        added([
          new Sequential(
            'convolved',
            [latent],
            [dense(base * width), leakyRelu(0.2), reshape([base, width]), ...decoding],
          ),
          new Sequential('straight', [latent], [dense(numbers), reshape([window, channels])]),
        ]),
      ],
    ),
  };
}

/** Keras's Add of branches that take the same input. Weights have the same names as in the branches. */
export const added = (branches: readonly Sequential[]): Layer => ({
  type: 'Add',
  name: 'add',
  branches,
  outputShape: () => branches[0]!.outputShape,
  weights: () => branches.flatMap(({ weights }) => weights),
  apply: (x, weights, { training, record, uniform }) =>
    branches
      .map((branch) => branch.apply(x, (name) => weights[name]!, { training, record, uniform }))
      .reduce((sum, output) => sum.add(output)),
});

/** Keras's Cropping1D: a signal [length, channels] without its last `surplus` instants. */
const cropped = (surplus: number): Layer => ({
  type: 'Cropping1D',
  name: 'cropping1d',
  settings: { cropping: `[0,${surplus}]` },
  outputShape: ([length, channels]) => [length! - surplus, channels!],
  weights: () => [],
  apply: (x) => x.slice([0, 0, 0], [x.shape[0]!, x.shape[1]! - surplus, x.shape[2]!]),
});
