export type { Experiment, PresetName, Recipe } from './experiment.ts';
export { EXPERIMENTS } from './experiments.ts';
export { fashion } from './fashion.ts';
export * from './figures/index.ts';
export type { Autoencoder, ModelShape } from './model.ts';
export { type Figure, Run, type RunSettings } from './run.ts';
