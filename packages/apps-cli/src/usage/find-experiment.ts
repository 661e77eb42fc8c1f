import { EXPERIMENTS, type Experiment } from '@hourglass/experiments';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** The ids of the experiments that are so. */
export const idsOf = (is: (experiment: Experiment) => boolean): string[] =>
  [...EXPERIMENTS.values()].filter(is).map(({ id }) => id);

/** The experiment of this id. @throws UsageError with the nearest id if there is none */
export function findExperiment(id: string): Experiment {
  const experiment = EXPERIMENTS.get(id);
  if (experiment === undefined) throw new UsageError(unknownWord('experiment', id, [...EXPERIMENTS.keys()]));
  return experiment;
}
