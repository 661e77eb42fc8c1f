import type { Sequential, StoredTensor } from '@hourglass/nn';

/** A trained autoencoder that is to leave. */
export interface TrainedAutoencoder {
  /** The experiment's id. */
  readonly experiment: string;
  readonly title: string;
  /** Of this program. */
  readonly version: string;
  readonly encoder: Sequential;
  readonly decoder: Sequential;
  /** The weights of both by full name (`encoder.conv2d.kernel`). */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What makes a detector of it; undefined where its samples are images. */
  readonly detector?: Detector | undefined;
}

/** How raw series become samples, and errors verdicts. */
export interface Detector {
  /** Of each channel, or one for all: a sample is (raw - offset) / unit. */
  readonly offset: readonly number[];
  readonly unit: readonly number[];
  /** A series whose mean absolute error, of scaled numbers, is above it is abnormal. */
  readonly threshold: number;
}

/** Whether the encoder gives means and logarithms of variances of codes, as two outputs in files of other libraries. */
export const isVariational = ({ encoder, decoder }: TrainedAutoencoder): boolean =>
  encoder.lastStage.length === 2 && encoder.outputShape[0] === 2 * decoder.inputShape[0]!;

/** What samples are called. */
export const sampleName = ({ encoder }: TrainedAutoencoder): 'image' | 'series' =>
  encoder.inputShape.length === 3 ? 'image' : 'series';

/** What a reader of the file has to know of it, by key. */
export function facts(model: TrainedAutoencoder): Record<string, string> {
  const { experiment, title, detector } = model;
  const images = { range: '[0, 1]' };
  const series = detector && {
    range: JSON.stringify({ offset: detector.offset, unit: detector.unit }),
    scaling: '(raw - offset) / unit',
    threshold: String(detector.threshold),
  };
  return { producer: `hourglass ${model.version}`, experiment, title, ...(series ?? images) };
}
