import { DataError } from '@hourglass/datasets';
import { shuffledOnHost } from '@hourglass/tensor';
import { type ExperimentData, NORMAL, samplesAt } from './samples.ts';

/** A fixed seed instead of the run's, so that all runs validate on the same samples. */
const ORDER = { seed: 0, epoch: 0 };

/**
 * The data with a share of the training split held back for validation, chosen at random. If only a part of the
 * training split is used for training, the held-back samples are taken from the whole split.
 *
 * @throws DataError if no sample is left to train on, or none to validate on
 */
export function holdBack(data: ExperimentData, share: number): ExperimentData {
  const { train, trainSplit } = data;
  const whole = trainSplit ?? train;
  const held = Math.round(share * whole.count);
  const order = Array.from({ length: whole.count }, (_, i) => shuffledOnHost(i, whole.count, ORDER));
  const ascending = (rows: number[]): number[] => rows.sort((a, b) => a - b);
  const validation = samplesAt(whole, ascending(order.slice(0, held)));
  const rest = samplesAt(whole, ascending(order.slice(held)));
  const normal = [...rest.labels.keys()].filter((row) => rest.labels[row] === NORMAL);
  const own = trainSplit === undefined ? { train: rest } : { train: samplesAt(rest, normal), trainSplit: rest };
  if (held === 0 || own.train.count === 0)
    throw new DataError(
      `A share of ${share} for validation leaves ${own.train.count} samples to train on and ${held} to validate on.`,
    );
  return { ...data, ...own, validation };
}
