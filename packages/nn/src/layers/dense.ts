import { ShapeError } from '@hourglass/tensor';
import { checkCounts } from '../check.ts';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/**
 * Keras's Dense on vectors: x · kernel [in, units] + bias [units].
 * @throws RangeError unless `units` is a whole number of 1 or more
 */
export function dense(units: number, ...surplus: never[]): Layer {
  checkOptions('dense', {}, [], surplus);
  checkCounts('dense', { units });
  return {
    type: 'Dense',
    name: 'dense',
    outputShape: (input) => {
      if (input.length !== 1)
        throw new ShapeError(
          `dense: needs vectors, not inputs of shape [${input.join(', ')}]; put flatten() before it.`,
        );
      return [units];
    },
    weights: (input) => [
      { name: 'kernel', shape: [input[0]!, units], initial: 'glorotUniform', trainable: true },
      { name: 'bias', shape: [units], initial: 'zeros', trainable: true },
    ],
    apply: (x, { kernel, bias }) => x.matmul(kernel!).add(bias!),
  };
}
