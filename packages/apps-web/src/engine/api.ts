/** The page's interface to the worker that owns the device. Arrays are copied or transferred, never shared. */
import type { CodePlane, Half, Hyperparameters, Noise, WorstWindow } from '@hourglass/experiments';
import type { ExperimentInfo } from './experiment-info.ts';

/** The adapter as the browser names it. */
export interface AdapterInfo {
  readonly name: string;
  readonly kind: 'hardware' | 'software';
}

/** Reports how many bytes of a download have arrived. */
export type OnProgress = (received: number, total: number) => void;

/** A model that is ready to run. */
export interface ModelInfo {
  readonly experiment: string;
  /** `shipped` with the page, or the visitor's `own`, from a file or a training run. */
  readonly origin: 'shipped' | 'own';
  /** Name of the weights: a file name, or `trained here`. */
  readonly name: string;
  /** Length of a code. */
  readonly latent: number;
  /** Shape of one sample: [height, width, channels] for an image, [length] for a beat. */
  readonly shape: readonly number[];
  /** Whether a code drawn from N(0, 1) decodes to a new sample. */
  readonly generates: boolean;
  /** For a denoiser: the noise that it was trained to remove. */
  readonly noise: Noise;
  /** Whether the model is for the visitor's own data, and the visitor has not dropped any yet. */
  readonly lacksData: boolean;
}

/** Test samples with their classes. Of the visitor's own images: all images, without classes. */
export interface TestSamples {
  readonly count: number;
  readonly shape: readonly number[];
  /** Values in [0, 1], row-major. */
  readonly rows: Float32Array;
  readonly labels: Uint8Array;
  readonly classes: readonly string[];
  /** `procedural` is the stand-in; every page that shows it must say so. */
  readonly source: 'files' | 'hosted' | 'procedural';
}

/** The latent codes of the test split, or of all of the visitor's own images, on a plane. */
export interface TestCodes {
  readonly plane: CodePlane;
  /** Where the codes are on the plane, row-major [count, 2]. */
  readonly points: Float32Array;
  readonly labels: Uint8Array;
  readonly classes: readonly string[];
  /** Whether the codes come from the stand-in's samples. */
  readonly procedural: boolean;
}

/** Reconstruction errors of the test split, from a model trained on normal beats. */
export interface TestErrors {
  readonly errors: Float32Array;
  /** The name of the error measure. */
  readonly measure: string;
  /** 1 normal, 0 abnormal. */
  readonly labels: Uint8Array;
  /** A beat with a greater error is abnormal. */
  readonly threshold: number;
  /**
   * Whether the threshold is stored with the model. Otherwise it is the report's: the mean plus one standard deviation
   * of the errors of normal training beats.
   */
  readonly stored: boolean;
  /** Source of the beats. `shipped`: the errors ship with the model, and {@link Engine.testSamples} has other beats. */
  readonly source: TestSamples['source'] | 'shipped';
}

/** The visitor's series, judged by the visitor's own detector. */
export interface JudgedSeries {
  /** The threshold stored with the model. A window is abnormal if its score is above the threshold. */
  readonly threshold: number;
  /** The mean absolute error of each window, on scaled numbers. */
  readonly scores: Float32Array;
  /** The first instant of each window of a single recording; otherwise the window's number. */
  readonly positions: Float32Array;
  /** What the positions count: `instant`, `window` or, if windows are whole series, `series`. */
  readonly unit: string;
  /** The windows with the highest scores, the highest first. None overlaps another. */
  readonly worst: readonly WorstWindow[];
}

/** Data from the visitor's files. */
export interface AddedData {
  /** Describes the data to the visitor. */
  readonly description: string;
  /** The experiments of the report that use such data. */
  readonly experiments: readonly string[];
  /** The experiments for other data; the first is proposed. */
  readonly own?: readonly ExperimentInfo[];
}

/** The output of a stage of a model for one sample. */
export interface Activation {
  /** [height, width, channels], or [numbers]. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

/** A state of the small training run that explains training. */
export interface LessonFrame {
  readonly step: number;
  /** Steps in the whole lesson. */
  readonly steps: number;
  /** Mean squared error over the steps since the previous frame; undefined before the first step. */
  readonly loss: number | undefined;
  /** Shape of a picture. */
  readonly shape: readonly number[];
  /** Pictures that the model is not trained on, and their current reconstructions. */
  readonly inputs: Float32Array;
  readonly outputs: Float32Array;
  readonly source: TestSamples['source'];
}

/** All settings that determine the results of a training run. */
export interface TrainingSettings extends Pick<Hyperparameters, 'batchSize' | 'learningRate' | 'latent' | 'seed'> {
  readonly experiment: string;
}

/** Means over samples: `loss`, and each part of the loss by name. */
export type Metrics = Readonly<Record<string, number>>;

/** A point of the loss curves. */
export interface LossPoint {
  /** Steps trained so far. */
  readonly step: number;
  /** Means over the steps since the previous point. */
  readonly metrics: Metrics;
}

/** The name of the last run, which is kept automatically while it trains. */
export const LAST = '';

/** A run that outlives its tab. */
export interface KeptTraining {
  /** Given by the visitor, or {@link LAST}. */
  readonly name: string;
  readonly settings: TrainingSettings;
  /** Steps trained. */
  readonly step: number;
  /** The points of the loss curve; empty for the last run. */
  readonly curve: readonly LossPoint[];
}

/** `tuning`: measuring kernels on a GPU for the first time. `lost`: the device is lost; the training state is kept. */
export type Phase = 'preparing' | 'tuning' | 'running' | 'paused' | 'lost' | 'failed';

/** An event that a training run reports. */
export type TrainingEvent =
  | { readonly type: 'phase'; readonly phase: Phase; readonly message?: string }
  | {
      readonly type: 'data';
      readonly name: string;
      readonly source: TestSamples['source'];
      readonly train: number;
      readonly test: number;
    }
  /** After some steps; `metrics` are means over only these steps. */
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
  /**
   * Always the same test samples, as the model reconstructs them now. For a generator: the images that it makes from
   * the same random codes, without inputs.
   */
  | {
      readonly type: 'samples';
      readonly step: number;
      readonly shape: readonly number[];
      readonly inputs: Float32Array | undefined;
      readonly outputs: Float32Array;
    };

/** The worker's interface. Promises reject with an Error whose message is worded for the visitor. */
export interface Engine {
  /** Opens the device unless it is open. */
  open(): Promise<AdapterInfo>;

  /**
   * Loads an experiment's model: the visitor's own, else the one that ships.
   * @throws MissingFile if the page was built without it
   */
  load(experiment: string, onProgress?: OnProgress): Promise<ModelInfo>;
  /**
   * Builds a model from dropped files and makes it the experiment's model. Files for the visitor's own data name their
   * experiment, which then counts instead of `experiment`.
   */
  loadFiles(experiment: string, files: readonly File[]): Promise<ModelInfo>;
  /** Returns to the model that ships. */
  forget(experiment: string): Promise<void>;
  /** The experiments on the visitor's own data that have a model. */
  ownModels(): Promise<readonly string[]>;

  /** Encodes rows [n, ...shape] to codes [n, latent]; for a variational encoder, the codes are the means. */
  encode(experiment: string, rows: Float32Array): Promise<Float32Array>;
  /** Decodes codes [n, latent] to rows [n, ...shape]. */
  decode(experiment: string, codes: Float32Array): Promise<Float32Array>;
  /** Reconstructs rows [n, ...shape]. */
  reconstruct(experiment: string, rows: Float32Array): Promise<Float32Array>;

  /**
   * The outputs of a model's stages for one row, or for one code: the last stage of each picture size, and the last
   * stage of the half.
   */
  activations(experiment: string, half: Half, input: Float32Array): Promise<Activation[]>;

  /**
   * Codes and classes of the test split, for models with two or more latent numbers: those that ship with the model,
   * else those of the available samples.
   */
  testCodes(experiment: string, onProgress?: OnProgress): Promise<TestCodes>;
  /** The first `limit` test samples of the experiment's dataset: dropped, hosted with the page, or the stand-in's. */
  testSamples(experiment: string, limit: number): Promise<TestSamples>;
  /** Judges the visitor's series with the model of `series`. */
  judgeSeries(): Promise<JudgedSeries>;
  /** The errors of all available test beats; the errors that ship with the model if the beats are the stand-in's. */
  testErrors(experiment: string): Promise<TestErrors>;
  /**
   * The directions along which the codes of the test split vary most, strongest first: [n, latent], n at most `count`.
   * The length of each is the standard deviation along it. Empty if no codes are available. For a GAN, the directions
   * that change the images most, with the length 1.
   */
  directions(experiment: string, count: number): Promise<Float32Array>;
  /** The other tensors that ship with a model, by name. Empty if there are none. */
  extras(experiment: string): Promise<Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>>;
  /** `count` standard normal numbers, the same as the command line's for the same seed. */
  normal(count: number, seed: number): Promise<Float32Array>;
  /** Adds noise to rows. */
  noisy(rows: Float32Array, noise: Noise, seed: number): Promise<Float32Array>;

  /** Trains a small model on garments from its initial weights. Stops early if `listener` returns false. */
  lesson(listener: (frame: LessonFrame) => boolean | Promise<boolean>): Promise<void>;

  /** Reads dataset files, which replace the data of their experiments. */
  addData(files: readonly File[]): Promise<AddedData>;

  /** The kept runs, the newest first: the named ones, and the last run of this visit or of an earlier one. */
  keptTrainings(): Promise<readonly KeptTraining[]>;
  /** Keeps the current run under a name. Replaces a run that was kept under this name before. */
  keepTraining(name: string, curve: readonly LossPoint[]): Promise<void>;
  /** A kept run as the bytes of a checkpoint. */
  keptCheckpoint(name: string): Promise<Uint8Array>;
  /** Deletes a kept run. */
  forgetTraining(name: string): Promise<void>;
  /** Replaces the current training run with a new one, paused at step 0, or with the kept one named `resume`. */
  prepareTraining(
    settings: TrainingSettings,
    listener: (event: TrainingEvent) => void,
    options?: { readonly resume?: string | undefined },
  ): Promise<void>;
  /** Trains until paused. */
  runTraining(): Promise<void>;
  /** Pauses; resolves when no step is running. */
  pauseTraining(): Promise<void>;
  /** Runs `steps` steps; default one. */
  stepTraining(steps?: number): Promise<void>;
  /** The training run as the bytes of a checkpoint. */
  trainingCheckpoint(): Promise<Uint8Array>;
  /** The trained model as the bytes of an ONNX file. */
  trainedOnnx(): Promise<Uint8Array>;
  /** Makes the trained weights the experiment's model on all pages. */
  useTrained(): Promise<ModelInfo>;
}
