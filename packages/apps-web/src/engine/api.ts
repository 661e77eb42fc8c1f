/** What the page asks of the worker that owns the device. Arrays move between the two, nothing is shared. */
import type { Hyperparameters } from '@hourglass/experiments';

/** The GPU, as the browser names it. */
export interface AdapterInfo {
  readonly name: string;
  readonly kind: 'hardware' | 'software';
}

/** How much of a download has come. */
export type OnProgress = (received: number, total: number) => void;

/** A model that is ready to run. */
export interface ModelInfo {
  readonly experiment: string;
  /** `shipped` with the page, or from a file or a training of the visitor. */
  readonly origin: 'shipped' | 'own';
  /** What the weights are called: a file name, or `trained here`. */
  readonly name: string;
  /** Length of a code. */
  readonly latent: number;
  /** Of one sample: [height, width, channels] of an image, [length] of a beat. */
  readonly shape: readonly number[];
}

/** Samples of the test split with their classes. */
export interface TestSamples {
  readonly count: number;
  readonly shape: readonly number[];
  /** Numbers in [0, 1], row-major. */
  readonly rows: Float32Array;
  readonly labels: Uint8Array;
  readonly classes: readonly string[];
  /** `procedural` is the stand-in, to be named wherever it is shown. */
  readonly source: 'files' | 'hosted' | 'procedural';
}

/** Where the test split lies in the latent space. */
export interface TestCodes {
  /** Row-major [count, latent]. */
  readonly codes: Float32Array;
  readonly labels: Uint8Array;
  readonly classes: readonly string[];
  /** Whether the codes are those of the stand-in's samples. */
  readonly procedural: boolean;
}

/** How badly a model of normal beats reconstructs each beat of the test split. */
export interface TestErrors {
  /** The mean absolute error of each beat. */
  readonly errors: Float32Array;
  /** 1 normal, 0 abnormal. */
  readonly labels: Uint8Array;
  /** The error above which the report's rule calls a beat abnormal: mean plus standard deviation of normal training beats. */
  readonly threshold: number;
  /** Whose beats these are; `shipped`: the errors came with the model, and {@link Engine.testSamples} has other beats. */
  readonly source: TestSamples['source'] | 'shipped';
}

/** Data of the visitor's files. */
export interface AddedData {
  /** What they are, for the visitor. */
  readonly description: string;
  /** The experiments that are for such data. */
  readonly experiments: readonly string[];
}

/** Everything that decides what a training computes. */
export interface TrainingSettings extends Pick<Hyperparameters, 'batchSize' | 'learningRate' | 'latent' | 'seed'> {
  readonly experiment: string;
}

/** Means over samples: `loss`, and its parts by name. */
export type Metrics = Readonly<Record<string, number>>;

/** `tuning`: kernels are measured on a GPU that they were never measured on. `lost`: the device is gone, what was trained is kept. */
export type Phase = 'preparing' | 'tuning' | 'running' | 'paused' | 'lost' | 'failed';

/** What a training tells as it goes on. */
export type TrainingEvent =
  | { readonly type: 'phase'; readonly phase: Phase; readonly message?: string }
  | {
      readonly type: 'data';
      readonly name: string;
      readonly source: TestSamples['source'];
      readonly train: number;
      readonly test: number;
    }
  /** After some steps; `metrics` are means over these steps alone. */
  | {
      readonly type: 'progress';
      readonly step: number;
      readonly epoch: number;
      readonly position: number;
      readonly stepsPerEpoch: number;
      readonly samplesPerSecond: number;
      readonly metrics: Metrics;
    }
  | { readonly type: 'epoch'; readonly step: number; readonly epoch: number; readonly validation: Metrics }
  /** The same test samples, as the model has them now. */
  | {
      readonly type: 'samples';
      readonly step: number;
      readonly shape: readonly number[];
      readonly inputs: Float32Array;
      readonly outputs: Float32Array;
    };

/** The worker's side. Every promise rejects with an Error whose message is for the visitor. */
export interface Engine {
  /** Opens the device, once. */
  open(): Promise<AdapterInfo>;

  /**
   * Makes an experiment's model ready: the visitor's own, or else the one that ships.
   * @throws ModelMissing if the page was built without it
   */
  load(experiment: string, onProgress?: OnProgress): Promise<ModelInfo>;
  /** Makes a model of files that were dropped; it is the experiment's model from then on. */
  loadFiles(experiment: string, files: readonly File[]): Promise<ModelInfo>;
  /** Goes back to the model that ships. */
  forget(experiment: string): Promise<void>;

  /** Codes [n, latent] of rows [n, ...shape]; of a variational encoder, the means. */
  encode(experiment: string, rows: Float32Array): Promise<Float32Array>;
  /** What the decoder makes of codes [n, latent]: [n, ...shape]. */
  decode(experiment: string, codes: Float32Array): Promise<Float32Array>;
  /** What the model makes of rows: [n, ...shape]. */
  reconstruct(experiment: string, rows: Float32Array): Promise<Float32Array>;

  /** Codes and classes of the test split: those that ship with the model, or else of the samples at hand. */
  testCodes(experiment: string, onProgress?: OnProgress): Promise<TestCodes>;
  /** The first `limit` test samples of the experiment's dataset: dropped, hosted beside the page, or the stand-in's. */
  testSamples(experiment: string, limit: number): Promise<TestSamples>;
  /** The errors of all beats of the test split: of those at hand, unless they are the stand-in's and others ship with the model. */
  testErrors(experiment: string): Promise<TestErrors>;
  /**
   * The directions along which the codes of the test split vary most, the strongest first, each as long as the standard deviation
   * along it: [n, latent], at most `count`. None if there are no codes to find them from.
   */
  directions(experiment: string, count: number): Promise<Float32Array>;
  /** Other tensors that ship beside a model, by name. Empty if there are none. */
  extras(experiment: string): Promise<Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>>;
  /** `count` standard normal numbers: those of the command line for the same seed. */
  normal(count: number, seed: number): Promise<Float32Array>;
  /** Rows with salt and pepper: a share of the pixels becomes black or white. */
  noisy(rows: Float32Array, share: number, seed: number): Promise<Float32Array>;

  /** Takes dataset files, in place of what its experiments had. */
  addData(files: readonly File[]): Promise<AddedData>;

  /** Builds a new training, paused at step 0; the one before it is gone. */
  prepareTraining(settings: TrainingSettings, listener: (event: TrainingEvent) => void): Promise<void>;
  /** Trains until it is paused. */
  runTraining(): Promise<void>;
  /** Resolves when no step is under way any more. */
  pauseTraining(): Promise<void>;
  /** Makes one step, or so many. */
  stepTraining(steps?: number): Promise<void>;
  /** The training as a checkpoint's bytes. */
  trainingCheckpoint(): Promise<Uint8Array>;
  /** Makes the trained weights the experiment's model on all pages. */
  useTrained(): Promise<ModelInfo>;
}
