import type { Objective } from '@hourglass/nn';
import type { Autoencoder, ModelShape } from './model.ts';

/** How long and how an experiment trains. */
export interface Recipe {
  /** What it is, in a few words, for the first line of a run. */
  readonly description: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Number of training samples; default all. */
  readonly limit?: number;
}

export type PresetName = 'report' | 'quick';

/** One of the report's models: data and short functions, for every app. */
export interface Experiment {
  readonly id: string;
  readonly title: string;
  /** The dataset's id. */
  readonly dataset: 'fashion-mnist';
  readonly presets: Readonly<Record<PresetName, Recipe>>;
  /** Length of the codes in the report. */
  readonly latent: number;
  readonly build: (shape: ModelShape) => Autoencoder;
  readonly objective: (model: Autoencoder) => Objective;
  /** What the loss is called in tables and figures. */
  readonly lossName: string;
}
