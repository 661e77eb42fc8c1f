import type { Layer, StoredTensor } from '@hourglass/nn';
import type { Shape } from '@hourglass/tensor';
import { ExportError } from '../errors.ts';
import { each } from '../geometry.ts';

/** A layer as Keras describes it. */
export interface KerasDescription {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Describes a layer as in Keras's `config.json`.
 *
 * @param weights by Keras's names
 * @throws ExportError for a layer that Keras does not have
 */
export function describeLayer(
  name: string,
  { type, settings = {} }: Layer,
  shape: Shape,
  weights: Readonly<Record<string, StoredTensor>>,
): KerasDescription {
  const write = WRITERS[type];
  if (write === undefined) throw new ExportError(`Keras: there is no counterpart of ${name} (${type}).`);
  return write({ settings, shape, weights });
}

interface Described {
  readonly settings: Readonly<Record<string, number | string>>;
  readonly shape: Shape;
  readonly weights: Readonly<Record<string, StoredTensor>>;
}

type Writer = (layer: Described) => KerasDescription;

const convolution =
  (type: string): Writer =>
  ({ settings, shape, weights }) => {
    if (settings.outputSize !== undefined)
      throw new ExportError(`Keras: its ${type} can't have a given output size, here [${shape.join(', ')}].`);
    const dimensions = shape.length - 1;
    const window = weights.kernel!.shape.slice(0, dimensions);
    const strides = each(settings.stride, dimensions);
    return { type, config: { filters: shape.at(-1), kernel_size: window, strides, padding: 'same' } };
  };

const activation =
  (name: string): Writer =>
  () => ({ type: 'Activation', config: { activation: name } });

const pooling =
  (type: string): Writer =>
  ({ settings }) => ({ type, config: { pool_size: each(settings.poolSize, 2), padding: 'valid' } });

const normalization =
  (type: string): Writer =>
  ({ settings }) => ({ type, config: { axis: -1, epsilon: settings.epsilon } });

const WRITERS: Readonly<Record<string, Writer>> = {
  Dense: ({ shape }) => ({ type: 'Dense', config: { units: shape[0] } }),
  Embedding: ({ weights }) => {
    const [count, units] = weights.embeddings!.shape;
    return { type: 'Embedding', config: { input_dim: count, output_dim: units } };
  },
  Conv1D: convolution('Conv1D'),
  Conv2D: convolution('Conv2D'),
  Conv1DTranspose: convolution('Conv1DTranspose'),
  Conv2DTranspose: convolution('Conv2DTranspose'),
  BatchNormalization: normalization('BatchNormalization'),
  LayerNormalization: normalization('LayerNormalization'),
  LeakyReLU: ({ settings }) => ({ type: 'LeakyReLU', config: { negative_slope: settings.slope } }),
  ReLU: () => ({ type: 'ReLU', config: {} }),
  ELU: () => ({ type: 'ELU', config: { alpha: 1 } }),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  GELU: activation('gelu'),
  SiLU: activation('silu'),
  Softplus: activation('softplus'),
  MaxPooling2D: pooling('MaxPooling2D'),
  AveragePooling2D: pooling('AveragePooling2D'),
  UpSampling2D: ({ settings }) => ({ type: 'UpSampling2D', config: { size: each(settings.size, 2) } }),
  Flatten: () => ({ type: 'Flatten', config: {} }),
  Reshape: ({ shape }) => ({ type: 'Reshape', config: { target_shape: shape } }),
  Cropping1D: ({ settings }) => ({ type: 'Cropping1D', config: { cropping: each(settings.cropping, 2) } }),
  Add: () => ({ type: 'Add', config: {} }),
};
