import adamKernel from '@hourglass/shaders/adam.wgsl';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { asBefore, type Variable } from '../variable.ts';
import { literal } from './elementwise.ts';

export interface AdamState {
  readonly weights: Variable;
  /** Running mean of the gradient. */
  readonly m: Variable;
  /** Running mean of the squared gradient. */
  readonly v: Variable;
}

export interface AdamOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7, as in Keras. */
  readonly epsilon?: number;
}

export interface AdamGate {
  /** A scalar: where it is not 0, the step changes nothing. Default 0. */
  readonly unless?: Tensor;
}

/**
 * The update of one Adam step in Keras's form (Kingma and Ba 2015, end of section 2), for the `updates` of a compiled step.
 * `rate` is a scalar, lr · sqrt(1 - beta2^t) / (1 - beta1^t): see {@link adamRate}.
 * @throws ShapeError if the sizes of state and gradient differ, or the gate is no scalar.
 */
export function adam(
  { weights, m, v }: AdamState,
  gradient: Tensor,
  rate: Tensor,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, unless = weights.device.tensor(0) }: AdamOptions & AdamGate = {},
): Tensor {
  if ([m.size, v.size, gradient.size].some((size) => size !== weights.size)) {
    throw new ShapeError(
      `adam: weights ${formatShape(weights.shape)}, gradient ${formatShape(gradient.shape)} and moments ` +
        `${formatShape(m.shape)}, ${formatShape(v.shape)} must have one size.`,
    );
  }
  if (unless.size !== 1) throw new ShapeError(`adam: the gate ${formatShape(unless.shape)} must be a scalar.`);
  const inputs = [gradient, rate, unless].map(asBefore) as [Tensor, Tensor, Tensor];
  return weights.derive(weights.shape, {
    kind: 'kernel',
    name: 'adam',
    inputs,
    epilogue: false,
    prologue: false,
    writes: [weights, m, v],
    lower: (lowering) => [
      lowering.dispatch({
        kernel: adamKernel,
        constants: { SIZE: weights.size, BETA1: literal(beta1), BETA2: literal(beta2), EPSILON: literal(epsilon) },
        buffers: [inputs[0], inputs[1], weights, m, v, inputs[2]].map((tensor) => lowering.input(tensor)),
        lanes: weights.size,
      }),
    ],
  });
}

/** The bias-corrected learning rate of step `t` (from 1) in Keras's form: lr · sqrt(1 - beta2^t) / (1 - beta1^t). */
export function adamRate(lr: number, t: number, { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {}): number {
  return (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
}
