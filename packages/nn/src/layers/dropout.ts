import { located } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/**
 * Keras's Dropout: in training each element becomes 0 with probability `rate`, drawn anew at every step, and the others are divided by
 * 1 − rate; in inference nothing happens. @throws RangeError unless the rate is a number from 0 to below 1
 */
export function dropout(rate: number, ...surplus: never[]): Layer {
  checkOptions('dropout', {}, [], surplus);
  if (!(typeof rate === 'number' && rate >= 0 && rate < 1))
    throw new RangeError(
      located(`dropout: the rate is ${JSON.stringify(rate)}; it must be a number from 0 to below 1.`),
    );
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
          located('dropout: a pass in training needs `uniform`; hand on the objective’s context, or randomDraws.'),
        );
      return x.mul(
        uniform(x.shape)
          .less(1 - rate)
          .div(1 - rate),
      );
    },
  };
}
