import { located } from '@hourglass/tensor';
import { checkShare } from '../check.ts';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/**
 * Keras's Dropout. In training, it sets each element to 0 with probability `rate`, drawn anew at every step, and
 * divides the other elements by 1 − rate. In inference, it does nothing.
 * @throws RangeError unless the rate is a number of 0 or more and below 1
 */
export function dropout(rate: number, ...surplus: never[]): Layer {
  checkOptions('dropout', {}, [], surplus);
  checkShare('dropout: the rate', rate);
  return {
    type: 'Dropout',
    name: 'dropout',
    settings: { rate },
    outputShape: (input) => input,
    weights: () => [],
    apply: (x, _, { training, uniform }) => {
      if (!training || rate === 0) return x;
      if (uniform === undefined)
        throw new TypeError(
          located('dropout: a training pass needs `uniform`; pass the objective’s context or randomDraws.'),
        );
      return x.mul(
        uniform(x.shape)
          .less(1 - rate)
          .div(1 - rate),
      );
    },
  };
}
