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

/** What every command takes that runs a trained model. */
export interface TrainedOptions extends CommonOptions {
  /** Run folders and files, absolute; undefined: the checkpoint that ships. */
  readonly weights?: readonly string[] | undefined;
}

/** A trained model on its device. */
export interface OpenModel {
  readonly trained: TrainedModel;
  readonly fitted: FittedWeights;
  /** The files of the weights, absolute. */
  readonly weights: readonly string[];
  /** As its driver calls it. */
  readonly adapter: string;
}

/**
 * Does some work with a trained model, and lets go of the device in any case. `load` is called between reading the weights and
 * finding an adapter, so that a user's mistake is told first.
 *
 * @throws every error that `explain` knows
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
 * The experiment's data for a model, found as the options say. What happens on the way is told, and first which files of the weights
 * can't be checked.
 */
export async function loadData(
  experiment: Experiment,
  { data, dataDir, cacheDir, strict }: CommonOptions,
  { model, unchecked }: FittedWeights,
  messages: Messages,
): Promise<ExperimentData> {
  for (const file of unchecked) {
    messages.line(
      `${toUser(file)} does not say what its layers are, as files of save_weights do not: only the shapes of its weights were checked.`,
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
