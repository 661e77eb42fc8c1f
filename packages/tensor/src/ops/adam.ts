import adamKernel from '@hourglass/shaders/adam.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import { ALIGNMENT } from '../storage.ts';
import type { Tensor } from '../tensor.ts';
import { asBefore, type Variable } from '../variable.ts';
import { checkFloat } from './dtype.ts';
import { literal } from './elementwise.ts';

/** The variables that Adam updates, all of one size. */
export interface AdamState {
  /** The weights that it trains. */
  readonly weights: Variable;
  /** The running mean of the gradient. */
  readonly m: Variable;
  /** The running mean of the squared gradient. */
  readonly v: Variable;
}

/** Adam’s hyperparameters. */
export interface AdamOptions {
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.999. */
  readonly beta2?: number | undefined;
  /** Default 1e-7, as in Keras. */
  readonly epsilon?: number | undefined;
}

/** Whether a step is applied. */
export interface AdamGate {
  /** A scalar. If it is not 0, the step changes nothing. Default 0. */
  readonly unless?: Tensor | undefined;
}

/**
 * The update of one Adam step in Keras's form (Kingma and Ba 2015, end of section 2), for the `updates` of a compiled
 * step. `rate` is a scalar, lr · sqrt(1 - beta2^t) / (1 - beta1^t): see {@link adamRate}.
 * @throws ShapeError if the sizes of state and gradient differ, or the rate or the gate is not a scalar. TypeError if a
 *   tensor is not float32.
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
  for (const [name, { size, shape }] of [
    ['rate', rate],
    ['gate', unless],
  ] as const) {
    if (size !== 1) throw new ShapeError(`adam: the ${name} ${formatShape(shape)} must be a scalar.`);
  }
  checkFloat('adam', gradient, rate, unless);
  const inputs = [gradient, rate, unless].map(asBefore) as [Tensor, Tensor, Tensor];
  return weights.derive(weights.shape, {
    kind: 'kernel',
    name: 'adam',
    inputs,
    epilogue: false,
    prologue: false,
    writes: [weights, m, v],
    lower: (lowering) => {
      // Pieces of any length, because the number of weights may have no divisors.
      const { bindingLimit } = weights.device;
      const most = Math.floor(bindingLimit / ALIGNMENT) * (ALIGNMENT / 4);
      return Array.from({ length: Math.ceil(weights.size / most) }, (_, i) => {
        const count = Math.min(most, weights.size - i * most);
        const piece = (tensor: Tensor) => {
          const operand = lowering.input(tensor);
          return weights.size <= most ? operand : { ...operand, offset: i * most * 4, bytes: count * 4 };
        };
        return lowering.dispatch(adamKernel, {
          constants: { BETA1: literal(beta1), BETA2: literal(beta2), EPSILON: literal(epsilon) },
          buffers: {
            gradient: piece(inputs[0]),
            rate: lowering.input(inputs[1]),
            weights: piece(weights),
            mean: piece(m),
            square: piece(v),
            stopped: lowering.input(inputs[2]),
            size: lowering.number(count),
          },
          lanes: count,
        });
      });
    },
  });
}

/** The bias-corrected learning rate of step `t` (from 1) in Keras's form: lr · sqrt(1 - beta2^t) / (1 - beta1^t). */
export function adamRate(lr: number, t: number, { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {}): number {
  return (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
}
