import { type AdamOptions, adam as adamKernel, adamRate, located, type Tensor, type Variable } from '@hourglass/tensor';

/** A rule by which weights follow their gradient: plain data, as layers are. */
export interface OptimizerRule {
  /** Checkpoints have its moments as `<name>.<moment>.<weight>`. */
  readonly name: string;
  /** What it remembers of the gradients, each as large as the weights and 0 at first. */
  readonly moments: readonly string[];
  /** The `rate` of a step (numbered from 0) of this learning rate. */
  readonly rateAt: (learningRate: number, step: number) => number;
  /** The updates of weights and moments. */
  readonly updates: (step: OptimizerStep) => readonly Tensor[];
}

/** What a rule makes its updates of. */
export interface OptimizerStep {
  /** All trainable weights, and the gradient of the loss laid out like them. */
  readonly weights: Variable;
  readonly moments: Readonly<Record<string, Variable>>;
  readonly gradient: Tensor;
  /** Scalars: what {@link OptimizerRule.rateAt} gives, and the learning rate itself. */
  readonly rate: Tensor;
  readonly learningRate: Tensor;
  /** A scalar: where it is not 0, nothing may change. */
  readonly unless: Tensor;
}

/** Of stochastic gradient descent. */
export interface SgdOptions {
  /** From 0 to below 1; default 0. */
  readonly momentum?: number;
  /** Nesterov's momentum. Default false. */
  readonly nesterov?: boolean;
}

/** Of AdamW. */
export interface AdamWOptions extends AdamOptions {
  /** What is taken from each weight at each step: this, times the learning rate, times the weight. Default 0.01, as in PyTorch. */
  readonly weightDecay?: number;
}

/** Adam in Keras's form (Kingma and Ba 2015), in one kernel. */
function adam(options: AdamOptions = {}): OptimizerRule {
  return {
    name: 'adam',
    moments: ['m', 'v'],
    rateAt: (learningRate, step) => adamRate(learningRate, step + 1, options),
    updates: ({ weights, moments: { m, v }, gradient, rate, unless }) => [
      adamKernel({ weights, m: m!, v: v! }, gradient, rate, { ...options, unless }),
    ],
  };
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), of all weights, biases too, as PyTorch's AdamW has it. Epsilon stands where
 * Keras has it; default 1e-7.
 */
function adamW({ weightDecay = 0.01, ...options }: AdamWOptions = {}): OptimizerRule {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  return {
    name: 'adamW',
    moments: ['m', 'v'],
    rateAt: (learningRate, step) => adamRate(learningRate, step + 1, options),
    updates: ({ weights, moments: { m, v }, gradient, rate, learningRate, unless }) => {
      const mean = m!.mul(beta1).add(gradient.mul(1 - beta1));
      const square = v!.mul(beta2).add(gradient.square().mul(1 - beta2));
      const kept = weights.mul(learningRate.mul(-weightDecay).add(1));
      const moved = kept.sub(mean.mul(rate).div(square.sqrt().add(epsilon)));
      return [weights.assign(moved, unless), m!.assign(mean, unless), v!.assign(square, unless)];
    },
  };
}

/** Stochastic gradient descent as PyTorch's SGD: velocity = momentum · velocity + gradient, weights −= learning rate · velocity. */
function sgd({ momentum = 0, nesterov = false }: SgdOptions = {}): OptimizerRule {
  if (!(momentum >= 0 && momentum < 1))
    throw new RangeError(located(`sgd: the momentum is ${momentum}; it must be a number from 0 to below 1.`));
  return {
    name: 'sgd',
    moments: momentum === 0 ? [] : ['velocity'],
    rateAt: (learningRate) => learningRate,
    updates: ({ weights, moments: { velocity }, gradient, rate, unless }) => {
      if (velocity === undefined) return [weights.assign(weights.sub(gradient.mul(rate)), unless)];
      const moved = velocity.mul(momentum).add(gradient);
      const direction = nesterov ? gradient.add(moved.mul(momentum)) : moved;
      return [weights.assign(weights.sub(direction.mul(rate)), unless), velocity.assign(moved, unless)];
    },
  };
}

/** The rules that `TrainerOptions.optimizer` takes, by name. */
export const optimizers = { adam, adamW, sgd };

/**
 * The gradient, made shorter where its norm over all weights is above `largest` (Pascanu et al. 2013), as by PyTorch's clip_grad_norm_:
 * times min(1, largest / (norm + 1e-6)).
 */
export function clipByNorm(gradient: Tensor, largest: number): Tensor {
  const norm = gradient.square().sum().sqrt();
  return gradient.mul(norm.add(1e-6).reciprocal().mul(largest).minimum(1));
}
