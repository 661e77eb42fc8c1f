export { leakyRelu, relu, sigmoid } from './activation.ts';
export { type ConvolutionShape, conv2d, conv2dTranspose } from './convolution.ts';
export { dense } from './dense.ts';
export { batchNormalization } from './normalization.ts';
export { flatten, reshape } from './shape.ts';
