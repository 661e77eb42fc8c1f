import { type AdamOptions, adam as adamKernel, adamRate, type Tensor, type Variable } from '@hourglass/tensor';
import { checkNumber, checkShare } from './check.ts';

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
  readonly momentum?: number | undefined;
  /** Whether to use Nesterov momentum. Default false. */
  readonly nesterov?: boolean | undefined;
}

/** Options of AdamW. */
export interface AdamWOptions extends AdamOptions {
  /** Each step subtracts weightDecay · learning rate · weight from each weight. Default 0.01, as in PyTorch. */
  readonly weightDecay?: number | undefined;
}

/** The smallest float32 that no GPU rounds to 0. */
const LEAST = 2 ** -126;

/** @throws RangeError unless the betas are at least 0 and below 1, and epsilon is above 0 */
function checkAdam(rule: string, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: AdamOptions): void {
  checkShare(`${rule}: beta1`, beta1);
  checkShare(`${rule}: beta2`, beta2);
  checkNumber(`${rule}: epsilon`, epsilon, epsilon >= LEAST, 'a number of 1.2e-38 or more');
}

/**
 * Adam in Keras's form (Kingma and Ba 2015), in one kernel.
 * @throws RangeError unless the betas are at least 0 and below 1, and epsilon is above 0
 */
function adam(options: AdamOptions = {}): OptimizerRule {
  checkAdam('adam', options);
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
 * @throws RangeError unless the betas are at least 0 and below 1, epsilon is above 0, and the decay is at least 0
 */
function adamW({ weightDecay = 0.01, ...options }: AdamWOptions = {}): OptimizerRule {
  checkAdam('adamW', options);
  const isDecay = weightDecay >= 0 && weightDecay < Number.POSITIVE_INFINITY;
  checkNumber('adamW: weightDecay', weightDecay, isDecay, 'a finite number of 0 or more');
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
  checkShare('sgd: the momentum', momentum);
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
