import type { ImageDataset, ImageSplit } from '@hourglass/datasets';
import { encodeCheckpoint, type Metrics, type Snapshot, summary, Trainer, Weights } from '@hourglass/nn';
import type { Device, Tensor } from '@hourglass/tensor';
import { imageBatches } from './batches.ts';
import type { Experiment, PresetName } from './experiment.ts';
import { type Image, imageGrid, pairGrid } from './figures/index.ts';
import type { Autoencoder } from './model.ts';

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

/** The samples whose reconstructions show the progress from epoch to epoch. */
const PROGRESS_SAMPLES = 25;
const PAIRS_PER_CLASS = 2;

/** One training of an experiment on a dataset: model, weights, trainer and figures. */
export class Run {
  readonly experiment: Experiment;
  readonly settings: RunSettings;
  readonly trainer: Trainer;
  private readonly dataset: ImageDataset;
  private readonly model: Autoencoder;
  private readonly weights: Weights;

  constructor(device: Device, experiment: Experiment, dataset: ImageDataset, settings: RunSettings) {
    const { batchSize, learningRate, limit, latent, seed } = settings;
    this.experiment = experiment;
    this.settings = settings;
    this.dataset = dataset;
    this.model = experiment.build({ latent });
    this.weights = new Weights(device, [this.model.encoder, this.model.decoder], seed);
    this.trainer = new Trainer({
      weights: this.weights,
      objective: experiment.objective(this.model),
      training: imageBatches(device, dataset.train, dataset.shape, limit),
      validation: imageBatches(device, dataset.test, dataset.shape),
      batchSize,
      learningRate,
      seed,
    });
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

  /** The same 25 test samples through the model as it stands. */
  async progressFigure(epoch: number, validation: Metrics): Promise<Figure> {
    const { test } = this.dataset;
    const indices = Array.from({ length: Math.min(PROGRESS_SAMPLES, test.count) }, (_, i) => i);
    const images = await this.reconstruct(indices);
    const caption = `${this.subject} · epoch ${epoch} · validation ${this.experiment.lossName} ${validation.loss!.toFixed(4)}`;
    return { name: `epoch-${String(epoch).padStart(3, '0')}`, svg: imageGrid({ images, columns: 5, caption }) };
  }

  /** What a finished run shows: for every class, test images beside their reconstructions. */
  async finalFigures(): Promise<Figure[]> {
    const { test, classes } = this.dataset;
    const indices = classes.flatMap((_, label) => firstOfClass(test, label, PAIRS_PER_CLASS));
    const svg = pairGrid({
      originals: indices.map((i) => this.original(i)),
      reconstructions: await this.reconstruct(indices),
      titles: indices.map((i) => classes[test.labels[i]!]!),
      columns: PAIRS_PER_CLASS * 2,
      caption: `${this.subject} · test images and their reconstructions from ${this.settings.latent} numbers`,
    });
    return [{ name: 'reconstructions', svg }];
  }

  private get subject(): string {
    return this.dataset.source === 'procedural'
      ? `${this.experiment.title} on the procedural stand-in`
      : this.experiment.title;
  }

  private original(index: number): Image {
    const [height, width, channels] = this.dataset.shape;
    const size = height * width * channels;
    const pixels = this.dataset.test.pixels.subarray(index * size, (index + 1) * size);
    return {
      height,
      width,
      channels: channels as Image['channels'],
      data: Float32Array.from(pixels, (byte) => byte / 255),
    };
  }

  private async reconstruct(indices: readonly number[]): Promise<Image[]> {
    const originals = indices.map((i) => this.original(i));
    const { height, width, channels } = originals[0]!;
    const size = height * width * channels;
    const batch = new Float32Array(indices.length * size);
    originals.forEach(({ data }, i) => {
      batch.set(data, i * size);
    });
    const { encoder, decoder } = this.model;
    const weights = (name: string): Tensor => this.weights.get(name);
    const x = this.weights.device.tensor(batch, [indices.length, height, width, channels]);
    const pass = { training: false };
    const output = await decoder.apply(encoder.apply(x, weights, pass), weights, pass).data();
    return originals.map((image, i) => ({ ...image, data: output.slice(i * size, (i + 1) * size) }));
  }
}

function firstOfClass({ labels }: ImageSplit, label: number, count: number): number[] {
  const indices: number[] = [];
  for (let i = labels.indexOf(label); i !== -1 && indices.length < count; i = labels.indexOf(label, i + 1))
    indices.push(i);
  return indices;
}
