import { DATASETS, type DatasetId } from '@hourglass/datasets';
import { loadDataset } from '@hourglass/datasets/node';
import {
  type ExperimentData,
  experimentData,
  type FittedWeights,
  fitImages,
  fitWeights,
  IMAGE_IDS,
  type ImageDescription,
  type Measurable,
  ownImageData,
  TrainedModel,
} from '@hourglass/experiments';
import { Device } from '@hourglass/tensor';
import { type Messages, toldBy } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { configOf } from '../run/folder.ts';
import { USUAL_IMAGES } from '../run/images-settings.ts';
import { readImages } from '../run/images-subject.ts';
import { UsageError } from '../usage/errors.ts';
import { findExperiment } from '../usage/find-experiment.ts';
import type { CommonOptions } from '../usage/options.ts';
import { openAdapter } from './adapter.ts';
import { readWeights } from './weights-files.ts';

/** The options of all commands that run a trained model. */
export interface TrainedOptions extends CommonOptions {
  /** The absolute paths of run folders and files; undefined: the included checkpoint. */
  readonly weights?: readonly string[] | undefined;
}

/** A trained model that is not yet on a device, and the data it is for. */
export interface FoundModel {
  readonly experiment: Measurable;
  readonly fitted: FittedWeights;
  /** The absolute paths of the weight files. */
  readonly weights: readonly string[];
  /** The noun for the model's samples, in the plural. */
  readonly samples: string;
  /** For a model of the user's own images: how images become its samples. */
  readonly images?: ImageDescription;
  /** For any other model: its dataset. */
  readonly dataset?: DatasetId;
}

/** A trained model on its device. */
export interface OpenModel extends FoundModel {
  readonly trained: TrainedModel;
  /** The driver's name for the adapter. */
  readonly adapter: string;
}

/**
 * Reads the weights that the options name.
 *
 * @throws UsageError if there is no such experiment; WeightsError or FileFormatError if the weights are wrong
 */
export async function findModel(id: string, options: TrainedOptions): Promise<FoundModel> {
  const own = IMAGE_IDS.includes(id);
  const experiment = own ? undefined : findExperiment(id);
  if (own && options.weights === undefined)
    throw new UsageError(
      `No model of your own images ships with hourglass: give the run folder of \`train ${id}\` with --weights.`,
    );
  const files = await readWeights(options.weights, { id });
  const weights = files.map(({ path }) => path);
  if (experiment === undefined) {
    const { experiment, description, fitted } = fitImages(id, files);
    return { experiment, fitted, weights, samples: 'images', images: description };
  }
  const { dataset } = experiment;
  return { experiment, fitted: fitWeights(experiment, files), weights, samples: DATASETS[dataset].samples, dataset };
}

/**
 * Does some work with a trained model, and always releases the device. `load` is called after reading the weights and
 * before finding an adapter, so that a user's mistake is reported first.
 *
 * @throws any error that `explain` handles
 */
export async function withTrained<Loaded, Result>(
  id: string,
  options: TrainedOptions,
  load: (model: FoundModel) => Promise<Loaded>,
  work: (model: OpenModel, loaded: Loaded) => Promise<Result>,
): Promise<Result> {
  const found = await findModel(id, options);
  const loaded = await load(found);
  const { adapter, info } = await openAdapter(options.adapter ?? 'auto', { cacheDir: options.cacheDir });
  const device = await Device.create(adapter, info.kind);
  try {
    const trained = TrainedModel.from(device, found.fitted, options.seed);
    return await work({ ...found, trained, adapter: info.name }, loaded);
  } finally {
    device.destroy();
  }
}

/**
 * Loads the experiment's data for a model, from the place that the options give. Reports first the weight files whose
 * layers can't be checked, then progress.
 *
 * @throws any error that `explain` handles
 */
export async function loadData(
  found: FoundModel,
  options: TrainedOptions,
  messages: Messages,
): Promise<ExperimentData> {
  const { experiment, fitted, images, dataset } = found;
  for (const file of fitted.unchecked) {
    messages.line(
      `${toUser(file)} does not describe its layers (save_weights does not store them): only the shapes of its weights were checked.`,
    );
  }
  if (images !== undefined) return ownImages(images, options, messages);
  const { data, dataDir, cacheDir, strict } = options;
  const imageSize = experiment.imageSizes && fitted.model.encoder.inputShape[0];
  const loaded = await loadDataset(dataset!, {
    ...{ data, dataDir, cacheDir, strict, imageSize },
    ...toldBy(messages),
  }).finally(() => messages.clear());
  return experimentData(loaded);
}

/** The images given with `--data`, or else the images of the run that the weights come from. */
async function ownImages(
  { size, channels, fit, background }: ImageDescription,
  options: TrainedOptions,
  messages: Messages,
): Promise<ExperimentData> {
  const config = await configOf(options.weights ?? []);
  const { validation = USUAL_IMAGES.validation } = config?.images ?? {};
  if (options.data !== undefined)
    return ownImageData(
      await readImages(options.data, { size, channels, fit, background, validation }, options, messages),
    );
  if (config?.data === undefined || config.images === undefined)
    throw new UsageError('Without --data, the run’s own images are used: give its folder with --weights.');
  return ownImageData(await readImages(config.data, config.images, options, messages));
}
