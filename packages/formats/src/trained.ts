import type { Sequential, StoredTensor } from '@hourglass/nn';

/** A trained autoencoder to export. */
export interface TrainedAutoencoder {
  /** The experiment's id. */
  readonly experiment: string;
  readonly title: string;
  /** The version of this program. */
  readonly version: string;
  readonly encoder: Sequential;
  readonly decoder: Sequential;
  /** The weights of encoder and decoder by full name (`encoder.conv2d.kernel`). */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The detector that uses the autoencoder; undefined if the samples are images. */
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

/** The metadata that readers of the file need, by key. */
export function facts(model: TrainedAutoencoder): Record<string, string> {
  const { experiment, title, detector } = model;
  const images = { range: '[0, 1]' };
  const series = detector && {
    range: JSON.stringify({ offset: detector.offset, unit: detector.unit }),
    scaling: '(raw - offset) / unit',
    score: detector.score,
    threshold: String(detector.threshold),
  };
  return { producer: `hourglass ${model.version}`, experiment, title, ...(series ?? images) };
}
