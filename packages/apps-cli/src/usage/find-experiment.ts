import { ECG_ID } from '@hourglass/datasets';
import { EXPERIMENTS, type Experiment, GANS, hasEncoder, IMAGE_IDS, SERIES_ID } from '@hourglass/experiments';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** The ids of the experiments that meet a condition. */
export const idsOf = (is: (experiment: Experiment) => boolean): string[] =>
  [...EXPERIMENTS.values(), ...GANS.values()].filter(is).map(({ id }) => id);

/** The experiments that encode images, including those on the user's own images. */
export const PICTURED: readonly string[] = [
  ...idsOf((experiment) => experiment.dataset !== ECG_ID && hasEncoder(experiment)),
  ...IMAGE_IDS,
];

/** Whether models of this experiment have no encoder: a GAN whose images have no codes. */
export const lacksEncoder = (id: string): boolean => {
  const gan = GANS.get(id);
  return gan !== undefined && !hasEncoder(gan);
};

/** @throws UsageError if models of this experiment have no encoder */
export function checkEncoder(id: string, command: string): void {
  if (lacksEncoder(id))
    throw new UsageError(
      `${command} needs an encoder; ${id} is a generative adversarial network and has none. Use sample or interpolate.`,
    );
}

/** @throws UsageError if there is no such experiment, or it can't encode images */
export function checkImages(id: string, command: string): void {
  if (PICTURED.includes(id)) return;
  checkEncoder(id, command);
  findExperiment(id);
  throw new UsageError(`${command} draws images, but the samples of ${id} are heartbeats.`);
}

/** The experiment with this id: the report's, or a GAN. @throws UsageError with the nearest id if there is none */
export function findExperiment(id: string): Experiment {
  const experiment = EXPERIMENTS.get(id) ?? GANS.get(id);
  const ids = [...EXPERIMENTS.keys(), ...GANS.keys()];
  if (experiment !== undefined) return experiment;
  if (id === SERIES_ID) {
    throw new UsageError(
      `${SERIES_ID} is for train, evaluate, detect, encode and export; this command is for ${ids.join(', ')}.`,
    );
  }
  if (IMAGE_IDS.includes(id))
    throw new UsageError(`this command is for ${ids.join(', ')}; it can't be used with ${id}.`);
  throw new UsageError(unknownWord('experiment', id, ids));
}
