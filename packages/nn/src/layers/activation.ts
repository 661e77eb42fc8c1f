import type { Tensor } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/** Keras's LeakyReLU; the slope defaults to 0.3, as there. @throws RangeError unless the slope is a number from 0 on */
export function leakyRelu(slope = 0.3, ...surplus: never[]): Layer {
  checkOptions('leakyRelu', {}, [], surplus);
  if (!(typeof slope === 'number' && slope >= 0))
    throw new RangeError(`leakyRelu: the slope is ${JSON.stringify(slope)}; it must be a number from 0 on.`);
  return activation('LeakyReLU', 'leaky_re_lu', (x) => x.leakyRelu(slope), { slope });
}

/** Keras's ReLU. */
export function relu(...surplus: never[]): Layer {
  checkOptions('relu', {}, [], surplus);
  return activation('ReLU', 're_lu', (x) => x.relu());
}

/** The activation `sigmoid` as a layer of its own. */
export function sigmoid(...surplus: never[]): Layer {
  checkOptions('sigmoid', {}, [], surplus);
  return activation('Sigmoid', 'sigmoid', (x) => x.sigmoid());
}

function activation(
  type: string,
  name: string,
  apply: (x: Tensor) => Tensor,
  settings: Readonly<Record<string, number>> = {},
): Layer {
  return { type, name, settings, outputShape: (input) => input, weights: () => [], apply };
}
