import type { Experiment } from './experiment.ts';
import { fashion } from './fashion.ts';

/** Every experiment, by its id on the command line. */
export const EXPERIMENTS: ReadonlyMap<string, Experiment> = new Map(
  [fashion].map((experiment) => [experiment.id, experiment]),
);
