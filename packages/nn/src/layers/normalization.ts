import { batchNorm } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/** Keras's defaults. */
const EPSILON = 1e-3;
const MOMENTUM = 0.99;

/**
 * Keras's BatchNormalization over the last dimension. In training, it uses the batch's mean and biased variance, and
 * updates its moving averages with them at momentum 0.99 (as in Keras 3; Keras 2's fused kernel used the
 * unbiased variance). In inference, it uses the moving averages.
 */
export function batchNormalization(...surplus: never[]): Layer {
  checkOptions('batchNormalization', {}, [], surplus);
  return {
    type: 'BatchNormalization',
    name: 'batch_normalization',
    settings: { epsilon: EPSILON, axis: -1 },
    outputShape: (input) => input,
    weights: (input) => {
      const shape = [input.at(-1)!];
      return [
        { name: 'gamma', shape, initial: 'ones', trainable: true },
        { name: 'beta', shape, initial: 'zeros', trainable: true },
        { name: 'moving_mean', shape, initial: 'zeros', trainable: false, momentum: MOMENTUM },
        { name: 'moving_variance', shape, initial: 'ones', trainable: false, momentum: MOMENTUM },
      ];
    },
    apply: (x, { gamma, beta, moving_mean, moving_variance }, pass) => {
      if (!pass.training) {
        const scale = gamma!.div(moving_variance!.add(EPSILON).sqrt());
        return x.sub(moving_mean!).mul(scale).add(beta!);
      }
      const { output, mean, variance } = batchNorm(x, gamma!, beta!, EPSILON);
      pass.record('moving_mean', mean);
      pass.record('moving_variance', variance);
      return output;
    },
  };
}

/**
 * Keras's LayerNormalization over the last dimension: gamma · (x − mean) / √(variance + 1e-3) + beta. The mean and the
 * biased variance are those of the normalised vector itself, in training and in inference.
 */
export function layerNormalization(...surplus: never[]): Layer {
  checkOptions('layerNormalization', {}, [], surplus);
  return {
    type: 'LayerNormalization',
    name: 'layer_normalization',
    settings: { epsilon: EPSILON, axis: -1 },
    outputShape: (input) => input,
    weights: (input) => [
      { name: 'gamma', shape: [input.at(-1)!], initial: 'ones', trainable: true },
      { name: 'beta', shape: [input.at(-1)!], initial: 'zeros', trainable: true },
    ],
    apply: (x, { gamma, beta }) => {
      const centred = x.sub(x.mean(-1, { keepDims: true }));
      const deviation = centred.square().mean(-1, { keepDims: true }).add(EPSILON).sqrt();
      return centred.div(deviation).mul(gamma!).add(beta!);
    },
  };
}
