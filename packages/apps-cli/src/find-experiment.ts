import { EXPERIMENTS, type Experiment } from '@hourglass/experiments';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** The report's experiments. Those that EXPERIMENTS lacks are still to come. */
const EXPERIMENT_IDS = ['fashion', 'denoise', 'fashion-vae', 'ecg', 'cartoon', 'cartoon-vae'];

/** The experiment of this id. @throws UsageError with the nearest id if there is none */
export function findExperiment(id: string): Experiment {
  const experiment = EXPERIMENTS.get(id);
  if (experiment !== undefined) return experiment;
  const present = [...EXPERIMENTS.keys()];
  throw new UsageError(
    EXPERIMENT_IDS.includes(id)
      ? `${id} is not there yet; there is: ${present.join(', ')}.`
      : unknownWord('experiment', id, EXPERIMENT_IDS),
  );
}
