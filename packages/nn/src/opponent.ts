import type { Tensor } from '@hourglass/tensor';
import type { Batch } from './batches.ts';
import type { Objective } from './objective.ts';
import type { OptimizerRule } from './optimizers.ts';
import type { Weights } from './weights.ts';

/**
 * A second network that a {@link Trainer} trains in turn with the first, such as the discriminator of a generative
 * adversarial network (Goodfellow et al. 2014). In each step, the opponent's weights change first; the first network's
 * gradient then uses the new ones. Both objectives get the same batch and draw the same random numbers, and their
 * contexts find the weights of both networks. Each changes only its own.
 */
export interface Opponent<B extends Batch = Tensor> {
  /** The metrics contain its loss as `<name>Loss`. */
  readonly name: string;
  /** Its weights. Their names differ from those of the first network. */
  readonly weights: Weights;
  /** The loss that it minimises. */
  readonly objective: Objective<B>;
  /** Default: the trainer's. */
  readonly learningRate?: number | ((step: number) => number);
  /** Default: the trainer's. */
  readonly optimizer?: OptimizerRule | undefined;
}
