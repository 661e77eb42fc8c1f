import type { Trainable } from '@hourglass/experiments';

/** What the page shows of an experiment, and its usual settings. */
export interface ExperimentInfo extends Pick<Trainable, 'id' | 'title' | 'lossName' | 'latent'> {
  readonly noisyInput: boolean;
  readonly batchSize: number;
  readonly learningRate: number;
}

export const infoOf = ({ id, title, lossName, latent, noisyInput = false, presets }: Trainable): ExperimentInfo => {
  const { batchSize, learningRate } = presets.report;
  return { id, title, lossName, latent, noisyInput, batchSize, learningRate };
};
