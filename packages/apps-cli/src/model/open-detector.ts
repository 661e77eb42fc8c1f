import { type Detector, fitDetector, SERIES_ID, TrainedModel } from '@hourglass/experiments';
import { Device } from '@hourglass/tensor';
import { UsageError } from '../usage/errors.ts';
import { openAdapter } from './adapter.ts';
import type { TrainedOptions } from './open-model.ts';
import { readWeights } from './weights-files.ts';

/** A series detector on its device. */
export interface OpenDetector {
  readonly trained: TrainedModel;
  readonly detector: Detector;
  /** The absolute paths of the weight files. */
  readonly weights: readonly string[];
  /** The driver's name for the adapter. */
  readonly adapter: string;
}

/**
 * Does some work with a series detector, and always releases the device. `load` is called after reading the weights and
 * before finding an adapter, so that a user's mistake is reported first.
 *
 * @throws any error that `explain` handles
 */
export async function withDetector<Loaded, Result>(
  options: TrainedOptions,
  load: (detector: Detector) => Promise<Loaded>,
  work: (model: OpenDetector, loaded: Loaded) => Promise<Result>,
): Promise<Result> {
  if (options.weights === undefined)
    throw new UsageError(
      'The program includes no series detector: give the run folder of `train series` with --weights.',
    );
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
