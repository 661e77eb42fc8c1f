export { imageBatches } from './batches.ts';
export type { Experiment, PresetName, Recipe } from './experiment.ts';
export { fashion } from './fashion.ts';
export * from './figures/index.ts';
export { type Autoencoder, fashionAutoencoder } from './model.ts';
