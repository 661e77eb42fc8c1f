import type { Tensor } from '@hourglass/tensor';
import { checkNumber } from '../check.ts';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/**
 * Keras's LeakyReLU, with Keras's default slope of 0.3.
 * @throws RangeError unless the slope is a number of 0 or more
 */
export function leakyRelu(slope = 0.3, ...surplus: never[]): Layer {
  checkOptions('leakyRelu', {}, [], surplus);
  checkNumber('leakyRelu: the slope', slope, slope >= 0, 'a number of 0 or more');
  return activation('LeakyReLU', 'leaky_re_lu', (x) => x.leakyRelu(slope), { slope });
}

/** Keras's ReLU. */
export function relu(...surplus: never[]): Layer {
  checkOptions('relu', {}, [], surplus);
  return activation('ReLU', 're_lu', (x) => x.relu());
}

/** The activation `sigmoid` as a separate layer. */
export function sigmoid(...surplus: never[]): Layer {
  checkOptions('sigmoid', {}, [], surplus);
  return activation('Sigmoid', 'sigmoid', (x) => x.sigmoid());
}

/** The activation `tanh` as a separate layer. */
export function tanh(...surplus: never[]): Layer {
  checkOptions('tanh', {}, [], surplus);
  return activation('Tanh', 'tanh', (x) => x.tanh());
}

/** Keras's ELU with alpha 1: x where x > 0, else eˣ − 1. */
export function elu(...surplus: never[]): Layer {
  checkOptions('elu', {}, [], surplus);
  return activation('ELU', 'elu', (x) => x.elu());
}

/** Keras's and PyTorch's GELU, x · Φ(x), not the tanh approximation. */
export function gelu(...surplus: never[]): Layer {
  checkOptions('gelu', {}, [], surplus);
  return activation('GELU', 'gelu', (x) => x.gelu());
}

/** x · sigmoid(x): Keras's activation `silu`, also called swish. */
export function silu(...surplus: never[]): Layer {
  checkOptions('silu', {}, [], surplus);
  return activation('SiLU', 'silu', (x) => x.silu());
}

/** ln(1 + eˣ): Keras's activation `softplus`. */
export function softplus(...surplus: never[]): Layer {
  checkOptions('softplus', {}, [], surplus);
  return activation('Softplus', 'softplus', (x) => x.softplus());
}

function activation(
  type: string,
  name: string,
  apply: (x: Tensor) => Tensor,
  settings: Readonly<Record<string, number>> = {},
): Layer {
  return { type, name, settings, outputShape: (input) => input, weights: () => [], apply };
}
