import { markLibrary } from '@hourglass/tensor';

export { type Batch, type BatchSource, shuffledRows } from './batches.ts';
export { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
export { DivergedError, FileFormatError, LayersError, WeightsError } from './errors.ts';
export type { KerasStep, Settings } from './keras/architecture.ts';
export { matchKeras } from './keras/match.ts';
export type { KerasLayer, KerasWeights } from './keras/read.ts'; // readKeras needs an HDF5 reader; import it from @hourglass/nn/keras
export { type KerasReply, type KerasRequest, readKerasApart } from './keras/read-apart.ts';
export type { Layer, Pass, WeightSpec } from './layer.ts';
export * from './layers/index.ts';
export {
  absoluteErrors,
  binaryCrossEntropies,
  categoricalCrossEntropies,
  huberErrors,
  squaredErrors,
  structuralSimilarities,
} from './losses.ts';
export { frozen, Model } from './model.ts';
export {
  inferenceContext,
  type Losses,
  meanOfEach,
  type Objective,
  type ObjectiveContext,
  sampleLosses,
  type Terms,
} from './objective.ts';
export type { Opponent } from './opponent.ts';
export {
  type AdamWOptions,
  clipByNorm,
  type OptimizerRule,
  type OptimizerStep,
  optimizers,
  type SgdOptions,
} from './optimizers.ts';
export type { PlateauOptions, PlateauRules, PlateauState, PlateauStates, ReduceOptions } from './plateau.ts';
export { type RandomDraws, randomDraws } from './random.ts';
export { Replica, type Share } from './replica.ts';
export { readSafetensors, type SafetensorsFile, type StoredTensor, writeSafetensors } from './safetensors.ts';
export { type RateOfStep, SCHEDULES, type Schedule, scheduled, stepDecay, warmUp } from './schedule.ts';
export { type ModelPass, type Network, type PlacedLayer, Sequential, type WeightLookup } from './sequential.ts';
export { summary } from './summary.ts';
export type { Metrics } from './totals.ts';
export { Trainer } from './trainer.ts';
export type { EpochOptions, Progress, TrainerOptions } from './trainer-options.ts';
export type { Snapshot, TrainerState } from './trainer-state.ts';
export { type Gradients, gradients, Optimizer, type OptimizerOptions } from './training-step.ts';
export { Weights } from './weights.ts';

// Shape errors name the caller's line, not a line in this package.
markLibrary();
