import { located, type Tensor } from '@hourglass/tensor';
import type { Batch } from './batches.ts';
import type { Losses, Objective, Terms } from './objective.ts';
import type { OptimizerRule } from './optimizers.ts';
import type { Optimizer } from './training-step.ts';
import type { Weights } from './weights.ts';

/**
 * A second network that a {@link Trainer} trains in turn with the first, such as the discriminator of a generative
 * adversarial network (Goodfellow et al. 2014). In each step, the opponent's weights change first; the first network's
 * gradient then uses the new ones. Both objectives get the same batch and draw the same random numbers, and their
 * contexts find the weights of both networks. Each network changes only its own weights.
 */
export interface Opponent<B extends Batch = Tensor> {
  /** The metrics contain its loss as `<name>Loss`. */
  readonly name: string;
  /** Its weights. Their names differ from those of the first network. */
  readonly weights: Weights;
  /** The loss that it minimises. */
  readonly objective: Objective<B>;
  /** Default: the trainer's. */
  readonly learningRate?: number | ((step: number) => number) | undefined;
  /** Default: the trainer's. */
  readonly optimizer?: OptimizerRule | undefined;
}

/** A network in training. */
export interface Player<B extends Batch> extends Pick<Opponent<B>, 'weights' | 'objective'> {
  /** The name of its loss in the metrics. */
  readonly loss: string;
  readonly learningRate: NonNullable<Opponent['learningRate']>;
  readonly optimizer: Optimizer;
}

/** The metrics of a player: its loss and, for the first network, the terms of that loss. */
export const metricsOf = ({ loss: name }: Pick<Player<Batch>, 'loss'>, { loss, parts }: Losses): Terms => ({
  [name]: loss,
  ...(name === 'loss' ? parts : {}),
});

/** @throws RangeError if two networks have the same weight name */
export function checkNames(weights: Weights, opponent: Pick<Opponent<Batch>, 'name' | 'weights'>): void {
  const twice = opponent.weights.names.find((name) => weights.has(name));
  if (twice !== undefined)
    throw new RangeError(
      located(
        `trainer: both networks have a weight '${twice}', so the ${opponent.name}'s objective could not find its own; give each Sequential a different name.`,
      ),
    );
}
