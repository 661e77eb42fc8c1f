import {
  type ClassMetrics,
  type ExperimentData,
  fashionClassifier,
  fitWeights,
  generationMetrics,
  isGenerative,
  evaluate as measure,
  type Split,
  TrainedModel,
} from '@hourglass/experiments';
import type { Metrics } from '@hourglass/nn';
import { Device } from '@hourglass/tensor';
import type { Messages } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { openAdapter } from '../model/adapter.ts';
import { type FoundModel, findModel, loadData, type TrainedOptions } from '../model/open-model.ts';
import { readWeights } from '../model/weights-files.ts';
import { type DatasetInfo, describeDataset } from '../run/config.ts';
import { UsageError } from '../usage/errors.ts';
import { idsOf } from '../usage/find-experiment.ts';

/** The fewest images to compare: with fewer, the distances mean little. */
export const LEAST_SAMPLES = 100;

export interface EvaluateOptions extends TrainedOptions {
  readonly split?: Split | undefined;
  readonly limit?: number | undefined;
  /** The number of images to generate and compare with real ones; undefined: none. */
  readonly samples?: number | undefined;
}

/** The output of `evaluate --json`, except for the metrics, which are added by name. */
export interface EvaluateResult {
  readonly experiment: string;
  /** The absolute paths of the files that were read. */
  readonly weights: readonly string[];
  /** The driver's name for the adapter. */
  readonly adapter: string;
  readonly dataset: DatasetInfo;
  readonly split: Split;
  /** The number of evaluated samples. */
  readonly samples: number;
}

export interface Evaluated {
  readonly result: EvaluateResult;
  readonly metrics: Metrics;
  /** The metrics of each class, for a model of the user's own images. */
  readonly classes?: readonly ClassMetrics[] | undefined;
}

/** An evaluation as one object. */
export const evaluationAsObject = ({ result, metrics, classes }: Evaluated): object => ({
  ...result,
  ...metrics,
  classes: classes?.map(({ name, samples, metrics }) => ({ name, samples, ...metrics })),
});

/**
 * Measures how well a model with given weights performs on a dataset.
 *
 * @throws any error that `explain` handles
 */
export async function evaluate(id: string, options: EvaluateOptions, messages: Messages): Promise<Evaluated> {
  if (options.samples !== undefined && !COMPARABLE.includes(id))
    throw new UsageError(`--samples is for models that generate Fashion-MNIST: ${COMPARABLE.join(', ')}.`);
  const found = await findModel(id, options);
  const { experiment, fitted, weights, samples: noun } = found;
  // All given images are evaluated; of a run's own images, only those that it was not trained on.
  const { limit, seed = 0, split = found.images && options.data !== undefined ? 'all' : 'test' } = options;
  const dataset = await loadData(found, options, messages);
  const { adapter, info } = await openAdapter(options.adapter ?? 'auto', { cacheDir: options.cacheDir });
  const device = await Device.create(adapter, info.kind);
  try {
    const onProgress = (done: number, total: number): void => messages.transient(`${done} of ${total} ${noun}`);
    const generation = await compareGenerated(device, found, dataset, options, messages);
    const { samples, metrics, classes } = await measure(device, experiment, fitted, dataset, {
      ...{ split, limit, seed, onProgress },
    });
    const { sha256: _, ...described } = await describeDataset(dataset);
    const result = { experiment: id, weights, adapter: info.name, dataset: described, split, samples };
    return {
      result,
      metrics: { ...metrics, ...generation },
      classes: found.images === undefined ? undefined : classes,
    };
  } finally {
    messages.clear();
    device.destroy();
    await dataset.close?.();
  }
}

/** The models whose images the classifier knows. */
const COMPARABLE = idsOf((experiment) => experiment.dataset === 'fashion-mnist' && isGenerative(experiment));

/** How close `--samples` generated images are to real ones; empty without that option. */
async function compareGenerated(
  device: Device,
  { fitted }: FoundModel,
  data: ExperimentData,
  { samples: count, seed = 0 }: EvaluateOptions,
  messages: Messages,
): Promise<Metrics> {
  if (count === undefined) return {};
  const most = Math.min(data.train.count, data.test.count);
  if (count > most)
    throw new UsageError(
      `--samples ${count} is more than the ${most} real images to compare with. Use at most ${most}.`,
    );
  messages.transient(`generating and comparing ${count} images`);
  const classifier = fitWeights(fashionClassifier, await readWeights(undefined, fashionClassifier));
  const [trained, features] = [fitted, classifier].map((own) => TrainedModel.from(device, own, seed));
  return { ...(await generationMetrics(trained!, features!, data, { count, seed })) };
}

/** The metrics as text. */
export function formatEvaluation({ result, metrics, classes = [] }: Evaluated): string {
  const { experiment, weights, dataset, split, samples } = result;
  const data = dataset.source === 'procedural' ? `the procedural stand-in, NOT the real ${dataset.id}` : dataset.id;
  const splits = { test: 'the test split', train: 'the training split', all: 'both splits' };
  const names = Object.keys(metrics);
  const width = Math.max(...names.map((name) => name.length));
  return [
    `${experiment}: ${weights.map(toUser).join(', ')} on ${samples} samples of ${splits[split]} of ${data}`,
    ...Object.entries(metrics).map(([name, value]) => `${name.padEnd(width)}  ${value.toPrecision(4)}`),
    ...(classes.length === 0 ? [] : classTable(names, classes)),
  ].join('\n');
}

/** A table with one row per class, the class with the greatest error first. */
function classTable(names: readonly string[], classes: readonly ClassMetrics[]): string[] {
  const [first] = names;
  const worstFirst = [...classes].sort((a, b) => b.metrics[first!]! - a.metrics[first!]!);
  const table = [
    ['class', 'images', ...names],
    ...worstFirst.map(({ name, samples, metrics }) => [
      name,
      String(samples),
      ...names.map((metric) => metrics[metric]!.toPrecision(4)),
    ]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}
