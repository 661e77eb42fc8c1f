import { EXPERIMENTS, type Experiment, GANS, hasEncoder, type Trainable } from '@hourglass/experiments';

/** The experiments on the report's data that the page trains. No page shows models of `cartoon-gan`. */
export const OFFERED: readonly Experiment[] = [...EXPERIMENTS.values(), ...GANS.values()].filter(
  ({ id }) => id !== 'cartoon-gan',
);

/** What the page shows about an experiment, and its usual settings. */
export interface ExperimentInfo extends Pick<Trainable, 'id' | 'title' | 'lossName' | 'latent'> {
  readonly noisyInput: boolean;
  /** Whether the experiment reconstructs samples. Otherwise it only generates them, and its model can't be exported. */
  readonly reconstructs: boolean;
  readonly batchSize: number;
  readonly learningRate: number;
}

export const infoOf = (experiment: Trainable): ExperimentInfo => {
  const { id, title, lossName, latent, noisyInput = false, presets } = experiment;
  const { batchSize, learningRate } = presets.report;
  return { id, title, lossName, latent, noisyInput, reconstructs: hasEncoder(experiment), batchSize, learningRate };
};
