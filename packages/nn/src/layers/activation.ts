import type { Tensor } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';

/** Keras's LeakyReLU; the slope defaults to 0.3, as there. */
export const leakyRelu = (slope = 0.3): Layer =>
  activation('LeakyReLU', 'leaky_re_lu', { slope }, (x) => x.leakyRelu(slope));

/** Keras's ReLU. */
export const relu = (): Layer => activation('ReLU', 're_lu', {}, (x) => x.relu());

/** The activation `sigmoid` as a layer of its own. */
export const sigmoid = (): Layer => activation('Sigmoid', 'sigmoid', {}, (x) => x.sigmoid());

function activation(type: string, name: string, settings: Layer['settings'], apply: (x: Tensor) => Tensor): Layer {
  return { type, name, settings: settings ?? {}, outputShape: (input) => input, weights: () => [], apply };
}
