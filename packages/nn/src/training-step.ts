import { firstFailure, type Tensor, type Variable } from '@hourglass/tensor';
import { type Batch, samplesIn } from './batches.ts';
import { checkNumber } from './check.ts';
import { type Losses, meanLosses, type Objective } from './objective.ts';
import { clipByNorm, type OptimizerRule, optimizers } from './optimizers.ts';
import type { RandomDraws } from './random.ts';
import type { StoredTensor } from './safetensors.ts';
import type { WeightLookup } from './sequential.ts';
import { checkStored, type Weights } from './weights.ts';

/** The graph of a step up to the gradient. Losses are means over the batch. */
export interface Gradients extends Losses {
  /** The gradient of the mean loss with respect to all trainable weights, laid out like {@link Weights.trainable}. */
  readonly gradient: Tensor;
  /** The batch's statistics, by the weight that moves towards them. */
  readonly moved: ReadonlyMap<string, Tensor>;
}

/**
 * Forward pass, mean loss and backward pass of a batch. `lookup` finds the weights of the objective; give it if the
 * objective also applies networks whose weights are not in `weights`. Default: `weights`.
 */
export function gradients<B extends Batch = Tensor>(
  weights: Weights,
  objective: Objective<B>,
  batch: B,
  draws: RandomDraws,
  lookup: WeightLookup = (name) => weights.get(name),
): Gradients {
  const moved = new Map<string, Tensor>();
  const terms = objective(batch, {
    weights: lookup,
    training: true,
    record: (name, value) => moved.set(name, value),
    ...draws,
  });
  const { loss, parts } = meanLosses(terms, samplesIn(batch));
  return { loss, parts, gradient: weights.gradient(loss), moved };
}

/** Options of an {@link Optimizer}. */
export interface OptimizerOptions {
  /** Default Adam. */
  readonly rule?: OptimizerRule | undefined;
  /** The largest norm of the whole gradient, see {@link clipByNorm}. Default: no limit. */
  readonly clipNorm?: number | undefined;
  /** Another optimiser's {@link Optimizer.failure}, so that a bad step of either stops both. Default: its own. */
  readonly failure?: Variable | undefined;
}

/**
 * Applies a rule to all trainable weights. From the first step with a non-finite loss or gradient, it changes nothing.
 */
export class Optimizer {
  /** The rule from the options; default Adam. */
  readonly rule: OptimizerRule;
  /** The rule's moments, laid out like {@link Weights.trainable}. */
  readonly moments: Readonly<Record<string, Variable>>;
  /** The number of the first non-finite step, counted from 1; 0 if there is none. */
  readonly failure: Variable;
  private readonly weights: Weights;
  private readonly clipNorm: number | undefined;

  /** @throws RangeError if `clipNorm` is not above 0 */
  constructor(weights: Weights, { rule = optimizers.adam(), clipNorm, failure }: OptimizerOptions = {}) {
    const { device, trainable } = weights;
    if (clipNorm !== undefined) checkNumber('optimizer: clipNorm', clipNorm, clipNorm > 0, 'a number above 0');
    this.weights = weights;
    this.rule = rule;
    this.clipNorm = clipNorm;
    const zeros = () => device.variable(new Float32Array(trainable.size));
    this.moments = Object.fromEntries(rule.moments.map((moment) => [moment, zeros()]));
    this.failure = failure ?? device.variable(0);
  }

  /** The rate that {@link step} takes at step `step` (from 0): for Adam, the learning rate with bias correction. */
  rateAt(learningRate: number, step: number): number {
    return this.rule.rateAt(learningRate, step);
  }

  /** Copies the moments to the host, as `<rule>.<moment>.<weight>`. */
  async read(): Promise<Map<string, StoredTensor>> {
    const entries = this.views().map(
      async ([name, view]) => [name, { shape: view.shape, data: await view.data() }] as const,
    );
    return new Map(await Promise.all(entries));
  }

  /**
   * Replaces the moments and clears a failure. Error messages call their origin `source`.
   * @throws WeightsError if one is missing or has another shape; nothing is changed then.
   */
  write(stored: ReadonlyMap<string, StoredTensor>, source: string): void {
    this.check(stored, source);
    for (const [name, view] of this.views()) view.write(stored.get(name)!.data);
    this.failure.write([0]);
  }

  /** @throws WeightsError if {@link write} would throw one. */
  check(stored: ReadonlyMap<string, StoredTensor>, source: string): void {
    const needed = this.views().map(([name, { shape }]) => ({ name, shape }));
    checkStored(stored, needed, source, 'while training with another optimiser');
  }

  /** Restores the state before the first step. */
  reset(): void {
    for (const flat of Object.values(this.moments)) flat.write(new Float32Array(flat.size));
    this.failure.write([0]);
  }

  private views(): (readonly [name: string, view: Variable])[] {
    const { moments, rule, weights } = this;
    return Object.entries(moments).flatMap(([moment, flat]) =>
      weights.trainableNames.map((name) => [`${rule.name}.${moment}.${name}`, weights.viewLike(flat, name)] as const),
    );
  }

  /**
   * The updates of step `step` (a u32 scalar, from 0) with the rate of {@link rateAt}. They happen only if the scalar
   * `unless` is 0; give everything else that belongs to the step the same condition. `learningRate` is for rules that
   * need it in addition to the rate; default the rate.
   */
  step(
    { loss, gradient, moved }: Pick<Gradients, 'loss' | 'gradient' | 'moved'>,
    rate: Tensor,
    step: Tensor,
    learningRate = rate,
  ): { readonly unless: Tensor; readonly updates: readonly Tensor[] } {
    const { weights, moments, failure, rule, clipNorm } = this;
    // 0 times a non-finite number is NaN, and so is a sum that includes it. A sum of the numbers themselves might
    // overflow.
    const unless = firstFailure(loss.mul(0).add(gradient.mul(0).sum()), failure, step);
    const clipped = clipNorm === undefined ? gradient : clipByNorm(gradient, clipNorm);
    const own = { weights: weights.trainable, moments, gradient: clipped, rate, learningRate, unless };
    return { unless, updates: [failure.assign(unless), ...rule.updates(own), ...weights.move(moved, unless)] };
  }
}
