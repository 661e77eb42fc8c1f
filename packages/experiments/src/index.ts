import { markLibrary } from '@hourglass/tensor';

export { backgroundOf, trainedBackground } from './background.ts';
export {
  type PreparedWork,
  prepareTrainer,
  prepareTraining,
  type StepTime,
  WORKS,
  type Work,
} from './benchmark.ts';
export { type Calibration, calibrate, calibrationMetadata, calibrationOf } from './calibration.ts';
export { type CodePlane, codesAt, MOST_DIRECTED, planeOf, pointsOf } from './code-plane.ts';
export { detect, thresholdOf } from './detection.ts';
export { beats, firstOfEachKind } from './ecg.ts';
export { type EpochLosses, epochLosses } from './epoch-losses.ts';
export { type ClassMetrics, evaluate, type Measurable, SPLITS, type Split } from './evaluation.ts';
export {
  type Experiment,
  type Hyperparameters,
  hasEncoder,
  isGenerative,
  OPTIMIZERS,
  type PresetName,
  type Recipe,
  type Trainable,
} from './experiment.ts';
export { EXPERIMENTS, GANS } from './experiments.ts';
export { classification, fashionClassifier, type LabelledImages } from './fashion-classifier.ts';
export type { Figure } from './figure-source.ts';
export * from './figures/index.ts';
export { generationMetrics } from './generation.ts';
export { holdBack } from './hold-back.ts';
export { imagesOf, latentPlane } from './image-figures.ts';
export * from './images/index.ts';
export { type Autoencoder, type ModelShape, networksOf } from './model.ts';
export {
  addNoiseOnHost,
  NOISE_FORMS,
  type Noise,
  type NoiseKind,
  noiseOf,
  parseNoise,
  partsOfNoise,
} from './noise.ts';
export { LOSSES } from './objectives.ts';
export { principalDirections, steepestDirections } from './principal-directions.ts';
export { productsOfStep, type StepShape } from './products-of-step.ts';
export { productsOfRun, Run, type RunSettings } from './run.ts';
export {
  ABNORMAL,
  allRows,
  beatData,
  concatenated,
  type ExperimentData,
  experimentData,
  firstSamples,
  imageData,
  NORMAL,
  type Range,
  readerOf,
  rescaled,
  rowsAt,
  type Samples,
  scaled,
  streamedData,
} from './samples.ts';
export { SCORES, scoreMetadata, scoreOf } from './score.ts';
export * from './series/index.ts';
export { type FittedWeights, fitWeights, type Half, type WeightsFile } from './stored-weights.ts';
export { type Computation, TrainedModel } from './trained-model.ts';

// Shape errors name the caller's line, not a line in this package.
markLibrary();
