import { WeightsError } from './errors.ts';
import type { PlateauStates } from './plateau.ts';
import type { StoredTensor } from './safetensors.ts';
import type { Metrics } from './totals.ts';

/** The position of training. Together with the weights and moments, it is all that an exact resume needs. */
export interface TrainerState extends PlateauStates {
  /** Optimiser steps completed. */
  readonly step: number;
  /** Epochs completed. */
  readonly epoch: number;
  /** Steps completed in the current epoch. */
  readonly position: number;
  /** Sums over the samples of the current epoch so far, by metric. */
  readonly totals: Metrics;
  /** Time spent in training steps, except the first one. */
  readonly seconds: number;
  /** Samples trained in that time. */
  readonly samples: number;
  /** Steps in an epoch. Old checkpoints lack it. */
  readonly stepsPerEpoch?: number | undefined;
  /** The optimisers of all networks, with their moments: `adam(m, v)`. Old checkpoints lack them. */
  readonly optimizers?: readonly string[] | undefined;
}

/** The state of training between two steps. */
export interface Snapshot {
  readonly state: TrainerState;
  /** Weights by name, and the optimiser's moments, for example Adam's as `adam.m.<name>` and `adam.v.<name>`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * Error messages call the origin of the state `source`.
 * @throws WeightsError if a training with these steps and optimisers can't continue from it
 */
export function checkState(
  state: TrainerState,
  { stepsPerEpoch, optimizers }: Required<Pick<TrainerState, 'stepsPerEpoch' | 'optimizers'>>,
  source: string,
): void {
  const { step, epoch, position } = state;
  if (position > stepsPerEpoch || step !== epoch * stepsPerEpoch + position) {
    throw new WeightsError(
      `${source}: its training state is at step ${step}, ${position} steps after epoch ${epoch}, which is impossible with ${stepsPerEpoch} steps per epoch.`,
    );
  }
  if (step === 0) return; // nothing depends on the steps and optimisers yet
  if ((state.stepsPerEpoch ?? stepsPerEpoch) !== stepsPerEpoch) {
    throw new WeightsError(
      `${source}: its epochs have ${state.stepsPerEpoch} steps, but these have ${stepsPerEpoch}; use the same data and batch size.`,
    );
  }
  const [own, wanted] = [state.optimizers ?? optimizers, optimizers].map((all) => all.join(' and '));
  if (own !== wanted)
    throw new WeightsError(`${source} was saved while training with ${own}, another optimiser than ${wanted}.`);
}
