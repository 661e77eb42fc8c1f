import firstFailureKernel from '@hourglass/shaders/first_failure.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkFloat } from './dtype.ts';

/**
 * The number, from 1, of the first step whose `value` was NaN or infinite, or 0 if there has been none. All arguments
 * are scalars: `before` is the result of the previous step, and `step` the u32 number of this step, from 0. The result
 * is a float32 number, so it is exact for up to 2²⁴ steps.
 * @throws ShapeError unless all are scalars and `step` is u32, TypeError unless `value` and `before` are float32.
 */
export function firstFailure(value: Tensor, before: Tensor, step: Tensor): Tensor {
  if ([value, before, step].some(({ size }) => size !== 1) || step.dtype !== 'u32') {
    throw new ShapeError(
      `firstFailure: needs a value ${formatShape(value.shape)}, what was before ${formatShape(before.shape)} and a u32 step ` +
        `${formatShape(step.shape)} of one element each.`,
    );
  }
  checkFloat('firstFailure', value, before);
  return value.derive([], {
    kind: 'kernel',
    name: 'firstFailure',
    inputs: [value, before, step],
    epilogue: false,
    prologue: false,
    lower: (lowering) => [
      lowering.dispatch(firstFailureKernel, {
        constants: {},
        buffers: {
          value: lowering.input(value),
          before: lowering.input(before),
          step: lowering.input(step),
          first: lowering.output(),
        },
        lanes: 1,
        workgroupSize: 1,
      }),
    ],
  });
}
