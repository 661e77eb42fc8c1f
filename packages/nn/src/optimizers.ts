import { type AdamOptions, adam as adamKernel, adamRate, located, type Tensor, type Variable } from '@hourglass/tensor';

/** A rule that updates weights from their gradient. Plain data, as layers are. */
export interface OptimizerRule {
  /** Checkpoints store its moments as `<name>.<moment>.<weight>`. */
  readonly name: string;
  /** The names of its running statistics of the gradients, each as large as the weights and initially 0. */
  readonly moments: readonly string[];
  /** The `rate` of a step (numbered from 0) at this learning rate. */
  readonly rateAt: (learningRate: number, step: number) => number;
  /** The updates of weights and moments. */
  readonly updates: (step: OptimizerStep) => readonly Tensor[];
}

/** The inputs of a rule's updates. */
export interface OptimizerStep {
  /** All trainable weights, and the gradient of the loss laid out like them. */
  readonly weights: Variable;
  readonly moments: Readonly<Record<string, Variable>>;
  readonly gradient: Tensor;
  /** Scalars: the result of {@link OptimizerRule.rateAt}, and the learning rate itself. */
  readonly rate: Tensor;
  readonly learningRate: Tensor;
  /** A scalar. If it is not 0, nothing may change. */
  readonly unless: Tensor;
}

/** Options of stochastic gradient descent. */
export interface SgdOptions {
  /** At least 0 and below 1; default 0. */
  readonly momentum?: number;
  /** Whether to use Nesterov momentum. Default false. */
  readonly nesterov?: boolean;
}

/** Options of AdamW. */
export interface AdamWOptions extends AdamOptions {
  /** Each step subtracts weightDecay · learning rate · weight from each weight. Default 0.01, as in PyTorch. */
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
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019) on all weights including biases, as in PyTorch's AdamW.
 * Epsilon is in the same place as in Keras; default 1e-7.
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

/**
 * PyTorch's SGD: velocity = momentum · velocity + gradient, weights −= learning rate · velocity.
 * @throws RangeError unless the momentum is at least 0 and below 1
 */
function sgd({ momentum = 0, nesterov = false }: SgdOptions = {}): OptimizerRule {
  if (!(momentum >= 0 && momentum < 1))
    throw new RangeError(located(`sgd: the momentum is ${momentum}; it must be a number of 0 or more and below 1.`));
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
 * The gradient, scaled down if its norm over all weights exceeds `largest` (Pascanu et al. 2013), as PyTorch's
 * clip_grad_norm_ does: gradient · min(1, largest / (norm + 1e-6)).
 */
export function clipByNorm(gradient: Tensor, largest: number): Tensor {
  const norm = gradient.square().sum().sqrt();
  return gradient.mul(norm.add(1e-6).reciprocal().mul(largest).minimum(1));
}
