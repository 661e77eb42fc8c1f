import { createHash } from 'node:crypto';
import {
  type ExperimentData,
  firstSamples,
  holdBack,
  LOSSES,
  type Noise,
  OPTIMIZERS,
  parseNoise,
  type RunSettings,
} from '@hourglass/experiments';
import { SCHEDULES } from '@hourglass/nn';
import { parseTuning, type Tuning } from '@hourglass/tensor';
import { z } from 'zod';
import { UsageError } from '../usage/errors.ts';
import { ADAPTER_CHOICES, LARGEST_LATENT, LARGEST_SEED } from '../usage/options.ts';
import { FIGURES } from './figure-schedule.ts';
import { imagesSchema } from './images-settings.ts';
import { seriesSchema } from './series-settings.ts';

/** The description of a dataset in results: the samples used for training and testing, not all available ones. */
const datasetSchema = z.object({
  id: z.string(),
  source: z.enum(['files', 'cache', 'download', 'procedural']),
  train: z.int().positive(),
  /** The samples held back from the training split; undefined: none. */
  validation: z.int().positive().optional(),
  test: z.int().positive(),
});

export type DatasetInfo = z.infer<typeof datasetSchema>;

/** Describes the samples that a run validates on. */
export const validationSamples = ({ validation, test }: DatasetInfo): string =>
  validation === undefined ? `the ${test} test samples` : `${validation} held-back training samples`;

/**
 * The content of `config.json` in a run folder: everything that determines what the run computes, and the origin of
 * data and adapter.
 */
const configSchema = z.object({
  experiment: z.string(),
  settings: z.object({
    preset: z.enum(['report', 'quick', 'best']),
    epochs: z.int().positive(),
    batchSize: z.int().positive(),
    learningRate: z.number().positive(),
    limit: z.int().positive().optional(),
    testLimit: z.int().positive().optional(),
    latent: z.int().positive().max(LARGEST_LATENT),
    size: z.int().positive().optional(),
    seed: z.int().nonnegative().max(LARGEST_SEED),
    schedule: z.enum(SCHEDULES).optional(),
    optimizer: z.enum(OPTIMIZERS).optional(),
    loss: z.enum(LOSSES).optional(),
    beta: z.number().nonnegative().optional(),
    noise: z.custom<Noise>((value) => typeof value === 'string' && parseNoise(value) === value, 'no noise').optional(),
    validation: z.number().positive().max(0.9).optional(),
    patience: z.int().positive().optional(),
  }) satisfies z.ZodType<RunSettings>,
  keepEpochs: z.boolean(),
  /** The paths of the initial weights; undefined if they were drawn at random. */
  weights: z.array(z.string()).optional(),
  figures: z.string().regex(FIGURES).optional(),
  /** Whether the run writes events for TensorBoard. */
  tensorboard: z.boolean().optional(),
  dataset: datasetSchema.extend({ sha256: z.string() }),
  data: z.string().optional(),
  /** The location of the user's own series, and how they are read. */
  series: seriesSchema.optional(),
  /** How the user's own images, which are in `data`, are read. */
  images: imagesSchema.optional(),
  dataDir: z.string().optional(),
  adapter: z.object({ choice: z.enum(ADAPTER_CHOICES), name: z.string() }),
  /** The tiles of the measured products: other tiles would add in a different order. */
  tuning: z.custom<Tuning>((value) => parseTuning(value) !== undefined, 'no tiles that the kernels support').optional(),
});

export type RunConfig = z.infer<typeof configSchema>;

/** Reads `config.json`; `path` is its name in errors. @throws UsageError if the text is not a configuration. */
export function parseConfig(text: string, path: string): RunConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is not JSON (${(error as Error).message}), so the run can't be resumed.`);
  }
  const { data, error } = configSchema.safeParse(value);
  if (data !== undefined) return data;
  const { path: at, message } = error.issues[0]!;
  throw new UsageError(
    `${path} is not the configuration of a run: ${at.length > 0 ? `${at.join('.')}: ` : ''}${message}.`,
  );
}

/** The number of images of a streamed set that are read to distinguish it from another with the same names. */
const PROBED = 16;

/**
 * Describes a dataset for results and `config.json`, with the numbers of samples that these settings use. `seed`: the
 * seed of the run, which draws a part of the training samples; default 0.
 *
 * @throws DataError if the held-back share leaves no sample to train on, or none to validate on
 */
export async function describeDataset(
  dataset: ExperimentData,
  settings: Partial<Pick<RunSettings, 'limit' | 'testLimit' | 'validation' | 'seed'>> = {},
): Promise<RunConfig['dataset']> {
  const { limit = Number.POSITIVE_INFINITY, testLimit = Number.POSITIVE_INFINITY, seed = 0 } = settings;
  const { id, source, train, test } = dataset;
  const hash = createHash('sha256');
  for (const [all, most, draw] of [
    [train, limit, seed],
    [test, testLimit, 0],
  ] as const) {
    // The used images of a stream are chosen by their names.
    const samples = 'stream' in all ? firstSamples(all, most, draw) : all;
    const { shape, count, labels } = samples;
    if ('rows' in samples) {
      const { buffer, byteOffset, byteLength } = samples.rows;
      hash.update(new Uint8Array(buffer, byteOffset, byteLength)).update(labels);
    } else {
      const probes = Array.from({ length: PROBED }, (_, i) => Math.floor((i * count) / PROBED));
      hash.update(JSON.stringify([shape, samples.stream.names])).update(await samples.stream.read(probes));
    }
  }
  const { train: own, validation } = settings.validation ? holdBack(dataset, settings.validation) : dataset;
  const used = {
    train: Math.min(limit, own.count),
    ...(validation && { validation: Math.min(testLimit, validation.count) }),
    test: Math.min(testLimit, test.count),
  };
  return { id, source, ...used, sha256: hash.digest('hex') };
}

/**
 * @throws UsageError if a run would resume with other data than it started with. Files and their cached copies count as
 *   the same.
 */
export function checkSameDataset(began: RunConfig['dataset'], now: RunConfig['dataset']): void {
  if (began.sha256 === now.sha256) return;
  const describe = ({ id, source, train, test }: DatasetInfo) => `${id} (${source}, ${train} + ${test} samples)`;
  throw new UsageError(
    `The run started with ${describe(began)}, but found ${describe(now)} with other content. Give the run's own data with --data.`,
  );
}
