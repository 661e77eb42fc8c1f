export { type Detection, detect, thresholdOf } from './detection.ts';
export type { DatasetId, Experiment, PresetName, Recipe } from './experiment.ts';
export { EXPERIMENTS } from './experiments.ts';
export * from './figures/index.ts';
export type { EpochLosses } from './loss-figure.ts';
export type { Autoencoder, ModelShape } from './model.ts';
export { type Figure, Run, type RunSettings } from './run.ts';
export { beatData, type ExperimentData, imageData, type Samples } from './samples.ts';
