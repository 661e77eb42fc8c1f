import type { DatasetId } from '@hourglass/datasets';
import type { Metrics, Objective, Opponent, OptimizerRule, Schedule } from '@hourglass/nn';
import type { Measurable } from './evaluation.ts';
import type { Figure, FigureSource } from './figure-source.ts';
import type { Autoencoder, ModelShape } from './model.ts';
import type { ObjectiveChoice } from './objectives.ts';
import type { Score } from './score.ts';

/** The training settings that users choose. Every part of the project uses these names. */
export interface Hyperparameters {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Train on only this many samples, chosen by {@link firstSamples}; undefined: all. */
  readonly limit?: number | undefined;
  /** Length of the codes. */
  readonly latent: number;
  /** Height and width of the images in pixels, for experiments that support several sizes. */
  readonly size?: number | undefined;
  readonly seed: number;
  /** How the learning rate changes over all epochs; undefined: the recipe's schedule. */
  readonly schedule?: Schedule | undefined;
  /** The share of the training split that is held back to validate on; undefined: validates on the test split. */
  readonly validation?: number | undefined;
  /** undefined: Adam. */
  readonly optimizer?: OptimizerName | undefined;
  /** The reconstruction loss; undefined: the report's. */
  readonly loss?: ObjectiveChoice['loss'];
  /** Weight of the Kullback-Leibler divergence in a variational loss; undefined: 1. */
  readonly beta?: number | undefined;
  /** The noise of a denoiser's inputs; undefined: the report's. */
  readonly noise?: ObjectiveChoice['noise'];
}

/** The optimisers that users can choose. */
export const OPTIMIZERS = ['adam', 'adamw', 'sgd'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

/** How an experiment trains, and for how long. */
export interface Recipe
  extends Pick<Hyperparameters, 'epochs' | 'batchSize' | 'learningRate' | 'limit' | 'size' | 'validation'> {
  /** A few words that describe the recipe, printed when a run begins. */
  readonly description: string;
  /** How the learning rate changes over all epochs; default `constant`. */
  readonly schedule?: Schedule;
  /** As in {@link ModelShape}; default the report's model. */
  readonly hidden?: readonly number[];
  /**
   * The number of standard deviations from the mean error of normal training samples to a detector's threshold; default
   * the report's 1.
   */
  readonly deviations?: number;
  /** How a detector scores a sample; default the report's, the mean absolute error. */
  readonly score?: Score;
  /** Number of samples used for validation and figures; default all. */
  readonly testLimit?: number;
}

/** The report's recipe, a first look on any adapter and, where we found one, a better recipe. */
export interface Presets {
  readonly report: Recipe;
  readonly quick: Recipe;
  readonly best?: Recipe;
}

export type PresetName = keyof Presets;

/** Describes what a run trains, as data and short functions that every app uses. */
export interface Trainable {
  readonly id: string;
  readonly title: string;
  /** The loss's name in tables and figures. */
  readonly lossName: string;
  /** Length of the codes in the report. */
  readonly latent: number;
  /** The supported image heights and widths, the report's first; undefined if there is only one. */
  readonly imageSizes?: readonly number[];
  /** Whether the model receives noisy samples and reconstructs them without the noise; default false. */
  readonly noisyInput?: boolean;
  /** Whether the encoder outputs a distribution of codes, trained to be close to N(0, 1); default false. */
  readonly variational?: boolean;
  readonly presets: Presets;
  readonly build: (shape: ModelShape) => Autoencoder;
  readonly objective: (model: Autoencoder, choice?: ObjectiveChoice) => Objective;
  /**
   * For a generative adversarial network: the discriminator, which takes the place of the encoder unless the model also
   * has an encoder. The generator takes the place of the decoder. `objective` is the loss of all networks except the
   * discriminator. The last epoch counts as the best, because the losses of two opponents do not show how good either
   * is.
   */
  readonly opponent?: (model: Autoencoder) => Pick<Opponent, 'name' | 'objective'>;
  /** Updates the weights unless the user chooses an optimiser; default: Adam with Keras's defaults. */
  readonly optimizer?: OptimizerRule;
  /** Additional metrics of every epoch, by name. `loss`, over all validation samples, is always measured. */
  readonly validation?: (source: FigureSource) => Promise<Metrics>;
  /** A sentence for the user if the metrics of an epoch show that training goes wrong. */
  readonly warning?: (training: Metrics, validation: Metrics) => string | undefined;
  /** Draws the run's progress after every epoch. */
  readonly progressFigure: (source: FigureSource, epoch: number, validation: Metrics) => Promise<Figure>;
  /** The data that inference needs besides the weights: free text by key, stored with every checkpoint. */
  readonly metadata?: (source: FigureSource) => Promise<Readonly<Record<string, string>>>;
  /** Draws the figures of a trained model. */
  readonly finalFigures: (source: FigureSource) => Promise<Figure[]>;
}

/** An experiment on one of the report's datasets. */
export interface Experiment extends Measurable {
  readonly dataset: DatasetId;
  /** What a model of this experiment can't do, for its model card. */
  readonly limits?: string;
}

/** Whether a code drawn from N(0, 1) decodes to a new sample. */
export const isGenerative = ({ variational, opponent }: Trainable): boolean =>
  variational === true || opponent !== undefined;

/** Whether the model can encode samples. A GAN that is not variational has a discriminator in place of an encoder. */
export const hasEncoder = ({ variational, opponent }: Trainable): boolean =>
  variational === true || opponent === undefined;
