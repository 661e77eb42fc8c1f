import { DATASETS } from '@hourglass/datasets';
import { fitWeights, evaluate as measure, type Split } from '@hourglass/experiments';
import type { Metrics } from '@hourglass/nn';
import { Device } from '@hourglass/tensor';
import type { Messages } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { openAdapter } from '../model/adapter.ts';
import { loadData, type TrainedOptions } from '../model/open-model.ts';
import { readWeights } from '../model/weights-files.ts';
import { type DatasetInfo, describeDataset } from '../run/config.ts';
import { findExperiment } from '../usage/find-experiment.ts';

export interface EvaluateOptions extends TrainedOptions {
  readonly split?: Split | undefined;
  readonly limit?: number | undefined;
}

/** The output of `evaluate --json`, except for the metrics, which are added by name. */
export interface EvaluateResult {
  readonly experiment: string;
  /** The absolute paths of the files that were read. */
  readonly weights: readonly string[];
  /** The driver's name for it. */
  readonly adapter: string;
  readonly dataset: DatasetInfo;
  readonly split: Split;
  /** The number of evaluated samples. */
  readonly samples: number;
}

/**
 * Measures how well a model with given weights performs on a dataset.
 *
 * @throws any error that `explain` handles
 */
export async function evaluate(
  id: string,
  options: EvaluateOptions,
  messages: Messages,
): Promise<{ readonly result: EvaluateResult; readonly metrics: Metrics }> {
  const experiment = findExperiment(id);
  const { split = 'test', limit, seed = 0 } = options;
  const files = await readWeights(options.weights, experiment);
  const fitted = fitWeights(experiment, files);
  const { samples: noun } = DATASETS[experiment.dataset];
  const dataset = await loadData(experiment, options, fitted, messages);
  const { adapter, info } = await openAdapter(options.adapter ?? 'auto', { cacheDir: options.cacheDir });
  const device = await Device.create(adapter, info.kind);
  try {
    const onProgress = (done: number, total: number): void => messages.transient(`${done} of ${total} ${noun}`);
    const { samples, metrics } = await measure(device, experiment, fitted, dataset, { split, limit, seed, onProgress });
    const { sha256: _, ...described } = await describeDataset(dataset);
    const weights = files.map(({ path }) => path);
    const result = { experiment: id, weights, adapter: info.name, dataset: described, split, samples };
    return { result, metrics };
  } finally {
    messages.clear();
    device.destroy();
    await dataset.close?.();
  }
}

/** The metrics as text. */
export function formatEvaluation(
  { experiment, weights, dataset, split, samples }: EvaluateResult,
  metrics: Metrics,
): string {
  const data = dataset.source === 'procedural' ? `the procedural stand-in, NOT the real ${dataset.id}` : dataset.id;
  const splits = { test: 'the test split', train: 'the training split', all: 'both splits' };
  const width = Math.max(...Object.keys(metrics).map((name) => name.length));
  return [
    `${experiment}: ${weights.map(toUser).join(', ')} on ${samples} samples of ${splits[split]} of ${data}`,
    ...Object.entries(metrics).map(([name, value]) => `${name.padEnd(width)}  ${value.toPrecision(4)}`),
  ].join('\n');
}
