import { EXPERIMENTS, type Experiment, SERIES_ID } from '@hourglass/experiments';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** The ids of the experiments that are so. */
export const idsOf = (is: (experiment: Experiment) => boolean): string[] =>
  [...EXPERIMENTS.values()].filter(is).map(({ id }) => id);

/** The experiment of the report that has this id. @throws UsageError with the nearest id if there is none */
export function findExperiment(id: string): Experiment {
  const experiment = EXPERIMENTS.get(id);
  const ids = [...EXPERIMENTS.keys()];
  if (experiment !== undefined) return experiment;
  if (id === SERIES_ID) {
    throw new UsageError(
      `${SERIES_ID} is for train, evaluate, detect and export; this command is for ${ids.join(', ')}.`,
    );
  }
  throw new UsageError(unknownWord('experiment', id, ids));
}
