import { located, type Tensor } from '@hourglass/tensor';
import type { Batch, BatchSource } from './batches.ts';
import { checkCounts, checkNumber } from './check.ts';
import type { Objective } from './objective.ts';
import type { Opponent } from './opponent.ts';
import type { OptimizerRule } from './optimizers.ts';
import type { PlateauRules } from './plateau.ts';
import type { Metrics } from './totals.ts';
import type { Weights } from './weights.ts';

/** Options of a {@link Trainer}. */
export interface TrainerOptions<B extends Batch = Tensor> extends PlateauRules {
  /** The weights, all of which are trained. */
  readonly weights: Weights;
  /** Computes the loss to minimise. */
  readonly objective: Objective<B>;
  /** A second network to train in turn with the first. Default: none. */
  readonly opponent?: Opponent<B> | undefined;
  /** The training samples. */
  readonly training: BatchSource<B>;
  /** The samples that {@link Trainer.evaluate} uses. */
  readonly validation: BatchSource<B>;
  /** Samples in a step; the last batch of an epoch may have fewer. */
  readonly batchSize: number;
  /** One learning rate for all steps, or a function of the step, numbered from 0. Rates must be finite. */
  readonly learningRate: number | ((step: number) => number);
  /** Determines the order of the samples and all random numbers: equal seeds give equal bits. */
  readonly seed: number;
  /** The largest batch of an evaluation; default `batchSize`. */
  readonly validationBatchSize?: number | undefined;
  /** One of {@link optimizers}; default Adam. */
  readonly optimizer?: OptimizerRule | undefined;
  /**
   * The largest norm of the gradient over all weights of a network; larger gradients are scaled down to it. Default: no
   * limit.
   */
  readonly clipNorm?: number | undefined;
}

/** Options of {@link Trainer.trainEpoch}. */
export interface EpochOptions {
  /** Asked between two steps: true ends the call. Default: never. */
  readonly pause?: (() => boolean) | undefined;
  /** Awaited between two steps, to leave the GPU to other work. */
  readonly rest?: (() => Promise<void>) | undefined;
  /** Without it, nothing is read back before the end of the epoch, not even whether a step failed. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The progress of an epoch. */
export interface Progress {
  /** Steps completed in this epoch. */
  readonly position: number;
  readonly stepsPerEpoch: number;
  /** Means over the epoch so far. */
  readonly metrics: Metrics;
  /** In this epoch and process, excluding the process's first step; 0 before the second step. */
  readonly samplesPerSecond: number;
}

/** @throws RangeError if a number is not possible, TypeError if a source is not a {@link BatchSource} */
export function checkOptions<B extends Batch>(options: TrainerOptions<B>): void {
  const { batchSize, validationBatchSize = batchSize, training, validation, learningRate, opponent } = options;
  for (const [name, source] of Object.entries({ training, validation }))
    if (typeof source?.batch !== 'function')
      throw new TypeError(located(`trainer: ${name} is no BatchSource; shuffledRows makes one from tensors.`));
  checkCounts('trainer', { batchSize, validationBatchSize, 'training.count': training.count });
  for (const rate of [learningRate, opponent?.learningRate ?? learningRate])
    if (typeof rate !== 'function') checkRate('learningRate', rate);
}

/** @throws RangeError unless the rate is finite, also as the float32 that a step reads */
export const checkRate = (name: string, rate: number): void =>
  checkNumber(`trainer: ${name}`, rate, Number.isFinite(Math.fround(rate)), 'a finite number');
