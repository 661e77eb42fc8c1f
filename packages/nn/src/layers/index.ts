export { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './activation.ts';
export {
  type ConvolutionShape,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  type SignalConvolutionShape,
  type TransposedConvolutionShape,
} from './convolution.ts';
export { dense } from './dense.ts';
export { dropout } from './dropout.ts';
export { type EmbeddingShape, embedding } from './embedding.ts';
export { batchNormalization, layerNormalization } from './normalization.ts';
export type { Pair } from './options.ts';
export { averagePooling2d, maxPooling2d, upSampling2d } from './pooling.ts';
export { flatten, reshape } from './shape.ts';
