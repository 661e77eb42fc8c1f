import type { Sequential, StoredTensor } from '@hourglass/nn';

/** A trained autoencoder to export. */
export interface TrainedAutoencoder {
  /** A short name, such as the experiment's id. */
  readonly experiment: string;
  /** A line that describes the model. */
  readonly title: string;
  /** The version of the program that exports it. */
  readonly version: string;
  /**
   * Takes samples without the batch: images [height, width, channels] with values in [0, 1], series [length, channels]
   * or vectors [length]. The encoder is variational if its last stage has two parallel layers that are together twice
   * as wide as the decoder's input: means, then log variances. In the files, they are two outputs.
   */
  readonly encoder: Sequential;
  /** Takes codes [latent]. */
  readonly decoder: Sequential;
  /** The weights of encoder and decoder by full name (`encoder.conv2d.kernel`), as `Weights.read` returns them. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The detector that uses the autoencoder; undefined if it judges nothing. */
  readonly detector?: Detector | undefined;
}

/** How raw series become samples, and how errors become verdicts. */
export interface Detector {
  /** One per channel, or one for all: a sample is (raw - offset) / unit. */
  readonly offset: readonly number[];
  readonly unit: readonly number[];
  /** A series is abnormal if the error of its scaled numbers is above this. */
  readonly threshold: number;
  /** The error: the mean absolute error, or the root of the mean squared error. */
  readonly score: 'mae' | 'rmse';
}

/**
 * Whether the encoder returns the means and log variances of codes, which are two outputs in the files of other
 * libraries.
 */
export const isVariational = ({ encoder, decoder }: TrainedAutoencoder): boolean =>
  encoder.lastStage.length === 2 && encoder.outputShape[0] === 2 * decoder.inputShape[0]!;

/** The name of the model's kind of sample. */
export const sampleName = ({ encoder }: TrainedAutoencoder): 'image' | 'series' =>
  encoder.inputShape.length === 3 ? 'image' : 'series';

/** The values of samples, in a few words. */
export function valuesOf(model: TrainedAutoencoder): string {
  if (sampleName(model) === 'image') return 'values in [0, 1]';
  return model.detector ? 'scaled: (raw - offset) / unit' : 'as in training';
}

/** The metadata that readers of the file need, by key. */
export function facts(model: TrainedAutoencoder): Record<string, string> {
  const { experiment, title, detector } = model;
  const own = { producer: `hourglass ${model.version}`, experiment, title };
  if (detector === undefined) return sampleName(model) === 'image' ? { ...own, range: '[0, 1]' } : own;
  return {
    ...own,
    range: JSON.stringify({ offset: detector.offset, unit: detector.unit }),
    scaling: '(raw - offset) / unit',
    score: detector.score,
    threshold: String(detector.threshold),
  };
}
