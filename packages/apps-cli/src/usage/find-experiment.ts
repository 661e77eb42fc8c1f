import { ECG_ID } from '@hourglass/datasets';
import { EXPERIMENTS, type Experiment, IMAGE_IDS, SERIES_ID } from '@hourglass/experiments';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** The ids of the experiments that meet a condition. */
export const idsOf = (is: (experiment: Experiment) => boolean): string[] =>
  [...EXPERIMENTS.values()].filter(is).map(({ id }) => id);

/** Those whose samples are images, the user's own among them. */
export const PICTURED: readonly string[] = [...idsOf(({ dataset }) => dataset !== ECG_ID), ...IMAGE_IDS];

/** @throws UsageError if there is no such experiment, or it is about something else than images */
export function checkImages(id: string, command: string): void {
  if (PICTURED.includes(id)) return;
  findExperiment(id);
  throw new UsageError(`${command} makes images; ${id} is about heartbeats.`);
}

/** The experiment of the report that has this id. @throws UsageError with the nearest id if there is none */
export function findExperiment(id: string): Experiment {
  const experiment = EXPERIMENTS.get(id);
  const ids = [...EXPERIMENTS.keys()];
  if (experiment !== undefined) return experiment;
  if (id === SERIES_ID) {
    throw new UsageError(
      `${SERIES_ID} is for train, evaluate, detect, encode and export; this command is for ${ids.join(', ')}.`,
    );
  }
  if (IMAGE_IDS.includes(id))
    throw new UsageError(`this command is for the report's experiments, ${ids.join(', ')}; it can't with ${id}.`);
  throw new UsageError(unknownWord('experiment', id, ids));
}
