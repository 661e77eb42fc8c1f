import { adam, firstFailure, type Tensor, type Variable } from '@hourglass/tensor';
import { MOMENTUM } from './layers/normalization.ts';
import type { WeightLookup } from './sequential.ts';
import type { Weights } from './weights.ts';

/** What an objective is computed with. */
export interface ObjectiveContext {
  readonly weights: WeightLookup;
  readonly training: boolean;
  /** To be handed on to the models in training. */
  readonly record: (weight: string, value: Tensor) => void;
  /** The key of fresh random numbers: scalars u32. */
  readonly random: { readonly seed: Tensor; readonly step: Tensor };
}

/** The loss of a batch, a mean over its samples, and the parts it is made of, by name. */
export type Objective = (
  batch: Tensor,
  context: ObjectiveContext,
) => { readonly loss: Tensor; readonly parts?: Readonly<Record<string, Tensor>> };

/** The graph of a step up to the gradient. */
export interface Gradients {
  readonly loss: Tensor;
  readonly parts: Readonly<Record<string, Tensor>>;
  /** With respect to all trainable weights, laid out like {@link Weights.trainable}. */
  readonly gradient: Tensor;
  /** The batch's statistics, by the weight that follows them. */
  readonly moved: ReadonlyMap<string, Tensor>;
}

/** Forward pass, loss and backward pass of a batch. */
export function gradients(
  weights: Weights,
  objective: Objective,
  batch: Tensor,
  random: ObjectiveContext['random'],
): Gradients {
  const moved = new Map<string, Tensor>();
  const { loss, parts = {} } = objective(batch, {
    weights: (name) => weights.get(name),
    training: true,
    record: (name, value) => moved.set(name, value),
    random,
  });
  return { loss, parts, gradient: weights.gradient(loss), moved };
}

/** Adam on all trainable weights. From a step on whose loss or gradient is not finite, it changes nothing. */
export class Optimizer {
  /** Adam's, laid out like {@link Weights.trainable}. */
  readonly moments: { readonly m: Variable; readonly v: Variable };
  /** The number of the first step that was not finite, from 1; 0 as long as there is none. */
  readonly failure: Variable;
  private readonly weights: Weights;

  constructor(weights: Weights) {
    const { device, trainable } = weights;
    this.weights = weights;
    const zeros = () => device.variable(new Float32Array(trainable.size));
    this.moments = { m: zeros(), v: zeros() };
    this.failure = device.variable(0);
  }

  /**
   * The updates of step `step` (a u32 scalar, from 0) with the rate of {@link adamRate}. They, and whatever else belongs to the step,
   * are made where the scalar `unless` is 0.
   */
  step(
    { loss, gradient, moved }: Gradients,
    rate: Tensor,
    step: Tensor,
  ): { readonly unless: Tensor; readonly updates: readonly Tensor[] } {
    const { weights, moments, failure } = this;
    // 0 times what is not finite is NaN, and a sum with NaN too; that of the numbers themselves might overflow.
    const unless = firstFailure(loss.reshape([]).mul(0).add(gradient.mul(0).sum()), failure, step);
    const optimizer = adam({ weights: weights.trainable, ...moments }, gradient, rate, { unless });
    return { unless, updates: [failure.assign(unless), optimizer, ...weights.move(moved, MOMENTUM, unless)] };
  }
}
