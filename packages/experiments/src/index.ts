export { type Background, backgroundOf, trainedBackground } from './background.ts';
export {
  type PreparedTraining,
  type PreparedWork,
  prepareTrainer,
  prepareTraining,
  type StepTime,
  WORKS,
  type Work,
} from './benchmark.ts';
export { type Calibration, calibrate, calibrationMetadata, calibrationOf } from './calibration.ts';
export { type Detection, detect, thresholdOf } from './detection.ts';
export { beats, firstOfEachKind, histograms } from './ecg.ts';
export { type EpochLosses, epochLosses } from './epoch-losses.ts';
export { type EvaluationOptions, evaluate, SPLITS, type Split } from './evaluation.ts';
export type { Experiment, PresetName, Presets, Recipe, Trainable } from './experiment.ts';
export { EXPERIMENTS } from './experiments.ts';
export type { Figure, FigureSource } from './figure-source.ts';
export * from './figures/index.ts';
export { imagesOf, latentPlane, pairs, sampled } from './image-figures.ts';
export type { Autoencoder, ModelShape } from './model.ts';
export { addNoise, encode, reconstruct } from './objectives.ts';
export { principalDirections } from './principal-directions.ts';
export { productsOfStep, type TrainingSize } from './products-of-step.ts';
export { productsOfRun, Run, type RunSettings } from './run.ts';
export {
  ABNORMAL,
  allRows,
  beatData,
  type ExperimentData,
  experimentData,
  firstSamples,
  imageData,
  NORMAL,
  type Range,
  rescaled,
  rowsAt,
  type Samples,
  scaled,
  streamedData,
} from './samples.ts';
export * from './series/index.ts';
export { type FittedWeights, fitWeights, HALVES, type Half, type WeightsFile } from './stored-weights.ts';
export { type ApplyOptions, type Computation, TrainedModel } from './trained-model.ts';
