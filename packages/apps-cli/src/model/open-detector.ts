import { type Detector, fitDetector, SERIES_ID, TrainedModel } from '@hourglass/experiments';
import { Device } from '@hourglass/tensor';
import { UsageError } from '../usage/errors.ts';
import { openAdapter } from './adapter.ts';
import type { TrainedOptions } from './open-model.ts';
import { readWeights } from './weights-files.ts';

/** A detector of series on its device. */
export interface OpenDetector {
  readonly trained: TrainedModel;
  readonly detector: Detector;
  /** The files of the weights, absolute. */
  readonly weights: readonly string[];
  /** As its driver calls it. */
  readonly adapter: string;
}

/**
 * Does some work with a detector of series, and lets go of the device in any case. `load` is called between reading the weights and finding
 * an adapter, so that a user's mistake is told first.
 *
 * @throws every error that `explain` knows
 */
export async function withDetector<Loaded, Result>(
  options: TrainedOptions,
  load: (detector: Detector) => Promise<Loaded>,
  work: (model: OpenDetector, loaded: Loaded) => Promise<Result>,
): Promise<Result> {
  if (options.weights === undefined)
    throw new UsageError('No detector of series ships with the program: give the run of `train series` by --weights.');
  const files = await readWeights(options.weights, { id: SERIES_ID });
  const { detector, fitted } = fitDetector(files);
  const loaded = await load(detector);
  const { adapter, info } = await openAdapter(options.adapter ?? 'auto', { cacheDir: options.cacheDir });
  const device = await Device.create(adapter, info.kind);
  try {
    const trained = TrainedModel.from(device, fitted, options.seed);
    return await work({ trained, detector, weights: files.map(({ path }) => path), adapter: info.name }, loaded);
  } finally {
    device.destroy();
  }
}
