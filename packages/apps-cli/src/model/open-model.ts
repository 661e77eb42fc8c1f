import { loadDataset } from '@hourglass/datasets/node';
import {
  type Experiment,
  type ExperimentData,
  experimentData,
  type FittedWeights,
  fitWeights,
  TrainedModel,
} from '@hourglass/experiments';
import { Device } from '@hourglass/tensor';
import { type Messages, toldBy } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import type { CommonOptions } from '../usage/options.ts';
import { openAdapter } from './adapter.ts';
import { type LocatedWeights, readWeights } from './weights-files.ts';

/** The options of all commands that run a trained model. */
export interface TrainedOptions extends CommonOptions {
  /** The absolute paths of run folders and files; undefined: the included checkpoint. */
  readonly weights?: readonly string[] | undefined;
}

/** A trained model on its device. */
export interface OpenModel {
  readonly trained: TrainedModel;
  readonly fitted: FittedWeights;
  /** The absolute paths of the weight files. */
  readonly weights: readonly string[];
  /** The driver's name for it. */
  readonly adapter: string;
}

/**
 * Does some work with a trained model, and always releases the device. `load` is called after reading the weights and
 * before finding an adapter, so that a user's mistake is reported first.
 *
 * @throws any error that `explain` handles
 */
export async function withTrained<Loaded, Result>(
  experiment: Experiment,
  options: TrainedOptions,
  load: (fitted: FittedWeights) => Promise<Loaded>,
  work: (model: OpenModel, loaded: Loaded) => Promise<Result>,
): Promise<Result> {
  const files = await readWeights(options.weights, experiment);
  const fitted = fitWeights(experiment, files);
  const loaded = await load(fitted);
  const { adapter, info } = await openAdapter(options.adapter ?? 'auto', { cacheDir: options.cacheDir });
  const device = await Device.create(adapter, info.kind);
  try {
    const trained = TrainedModel.from(device, fitted, options.seed);
    const weights = files.map(({ path }: LocatedWeights) => path);
    return await work({ trained, fitted, weights, adapter: info.name }, loaded);
  } finally {
    device.destroy();
  }
}

/**
 * Loads the experiment's data for a model, from the place that the options give. Progress is reported, but first the
 * weight files whose layers can't be checked.
 */
export async function loadData(
  experiment: Experiment,
  { data, dataDir, cacheDir, strict }: CommonOptions,
  { model, unchecked }: FittedWeights,
  messages: Messages,
): Promise<ExperimentData> {
  for (const file of unchecked) {
    messages.line(
      `${toUser(file)} does not describe its layers (save_weights does not store them): only the shapes of its weights were checked.`,
    );
  }
  const dataset = await loadDataset(experiment.dataset, {
    data,
    dataDir,
    cacheDir,
    strict,
    size: experiment.sizes && model.encoder.inputShape[0],
    ...toldBy(messages),
  }).finally(() => messages.clear());
  return experimentData(dataset);
}
