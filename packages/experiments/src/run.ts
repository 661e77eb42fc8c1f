import {
  encodeCheckpoint,
  type Metrics,
  type ObjectiveContext,
  type Snapshot,
  summary,
  Trainer,
  Weights,
} from '@hourglass/nn';
import type { Device, Tensor } from '@hourglass/tensor';
import type { Experiment, PresetName } from './experiment.ts';
import { type EpochLosses, lossFigure } from './loss-figure.ts';
import type { Autoencoder } from './model.ts';
import { batchesOf, type ExperimentData, rowsAt, type Samples } from './samples.ts';

/** Everything that decides what a run computes. */
export interface RunSettings {
  readonly preset: PresetName;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Train on the first so many samples; undefined: all. */
  readonly limit?: number | undefined;
  /** Length of the codes. */
  readonly latent: number;
  readonly seed: number;
}

/** A picture as SVG text, and the name of its file without an ending. */
export interface Figure {
  readonly name: string;
  readonly svg: string;
}

/** Samples that go through a model at once outside of training; memory limits it. */
const INFERENCE_BATCH = 500;

/** One training of an experiment on its data: model, weights, trainer and figures. */
export class Run {
  readonly experiment: Experiment;
  readonly settings: RunSettings;
  readonly data: ExperimentData;
  readonly trainer: Trainer;
  readonly model: Autoencoder;
  private readonly weights: Weights;

  constructor(device: Device, experiment: Experiment, data: ExperimentData, settings: RunSettings) {
    const { batchSize, learningRate, limit, latent, seed } = settings;
    this.experiment = experiment;
    this.settings = settings;
    this.data = data;
    this.model = experiment.build({ latent });
    this.weights = new Weights(device, [this.model.encoder, this.model.decoder], seed);
    this.trainer = new Trainer({
      weights: this.weights,
      objective: experiment.objective(this.model),
      training: batchesOf(device, data.train, limit),
      validation: batchesOf(device, data.test),
      batchSize,
      learningRate,
      seed,
    });
  }

  /** What figures call the run; says so if the data are not the real ones. */
  get subject(): string {
    const { title } = this.experiment;
    return this.data.source === 'procedural' ? `${title} on the procedural stand-in` : title;
  }

  /** Layers, shapes and parameters of both halves. */
  get summary(): string {
    return `${summary(this.model.encoder)}\n\n${summary(this.model.decoder)}\n`;
  }

  /** The run as it stands, as a checkpoint's bytes, from which it can go on exactly. */
  async checkpoint(): Promise<Uint8Array> {
    const snapshot = await this.trainer.snapshot();
    return encodeCheckpoint(snapshot, { 'hourglass.experiment': this.experiment.id, format: 'pt' });
  }

  /** Goes on from a snapshot. @throws WeightsError if it belongs to another model. */
  restore(snapshot: Snapshot, source: string): void {
    this.trainer.restore(snapshot, source);
  }

  progressFigure(epoch: number, validation: Metrics): Promise<Figure> {
    return this.experiment.progressFigure(this, epoch, validation);
  }

  /** What the finished run has to show; `epochs` are the metrics of every epoch, for the curves. */
  async finalFigures(epochs: readonly EpochLosses[]): Promise<Figure[]> {
    return [...(await this.experiment.finalFigures(this)), ...lossFigure(this, epochs)];
  }

  /**
   * What `compute` makes of these samples, row by row, in inference mode with the weights as they stand. Random numbers are
   * those of the run's seed.
   */
  async on(
    samples: Samples,
    indices: readonly number[],
    compute: (x: Tensor, context: ObjectiveContext) => Tensor,
  ): Promise<Float32Array> {
    const { device } = this.weights;
    const parts: Float32Array[] = [];
    for (let start = 0; start < indices.length; start += INFERENCE_BATCH) {
      const batch = indices.slice(start, start + INFERENCE_BATCH);
      const x = device.tensor(rowsAt(samples, batch), [batch.length, ...samples.shape]);
      parts.push(await compute(x, this.inference(device)).data());
    }
    const all = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** What the decoder makes of codes [n, latent], row-major. */
  async decode(codes: Float32Array): Promise<Float32Array> {
    const { device } = this.weights;
    const z = device.tensor(codes, [codes.length / this.settings.latent, this.settings.latent]);
    const { weights, ...pass } = this.inference(device);
    return this.model.decoder.apply(z, weights, pass).data();
  }

  private inference(device: Device): ObjectiveContext {
    return {
      weights: (name) => this.weights.get(name),
      training: false,
      record: () => {},
      random: { seed: device.integers(this.settings.seed), step: device.integers(0) },
    };
  }
}
