import { type Shape, ShapeError } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';
import { checkCounts, checkOptions } from './options.ts';

export interface ConvolutionShape {
  /** Output channels. */
  readonly filters: number;
  /** Height and width of the window. */
  readonly kernelSize: number;
  /** Default 1. */
  readonly stride?: number;
}

/** Keras's Conv2D with padding `same`: kernel [k, k, in, filters], bias [filters], images [H, W, in]. */
export function conv2d(shape: ConvolutionShape, ...surplus: never[]): Layer {
  const { filters, kernelSize, stride } = checked('conv2d', shape, surplus);
  return {
    type: 'Conv2D',
    name: 'conv2d',
    settings: { stride, padding: 'same' },
    outputShape: (input) => {
      const [height, width] = image('conv2d', input);
      return [Math.ceil(height / stride), Math.ceil(width / stride), filters];
    },
    weights: (input) => [
      {
        name: 'kernel',
        shape: [kernelSize, kernelSize, input[2]!, filters],
        initial: 'glorotUniform',
        trainable: true,
      },
      { name: 'bias', shape: [filters], initial: 'zeros', trainable: true },
    ],
    apply: (x, { kernel, bias }) => x.conv2d(kernel!, { stride }).add(bias!),
  };
}

/** Keras's Conv2DTranspose with padding `same`: kernel [k, k, filters, in], output `stride` times the input's size. */
export function conv2dTranspose(shape: ConvolutionShape, ...surplus: never[]): Layer {
  const { filters, kernelSize, stride } = checked('conv2dTranspose', shape, surplus);
  return {
    type: 'Conv2DTranspose',
    name: 'conv2d_transpose',
    settings: { stride, padding: 'same' },
    outputShape: (input) => {
      const [height, width] = image('conv2dTranspose', input);
      return [height * stride, width * stride, filters];
    },
    weights: (input) => [
      {
        name: 'kernel',
        shape: [kernelSize, kernelSize, filters, input[2]!],
        initial: 'glorotUniform',
        trainable: true,
      },
      { name: 'bias', shape: [filters], initial: 'zeros', trainable: true },
    ],
    apply: (x, { kernel, bias }) => x.conv2dTranspose(kernel!, { stride }).add(bias!),
  };
}

function checked(layer: string, shape: ConvolutionShape, surplus: readonly never[]): Required<ConvolutionShape> {
  checkOptions(layer, shape, ['filters', 'kernelSize', 'stride'], surplus);
  const { filters, kernelSize, stride = 1 } = shape;
  checkCounts(layer, { filters, kernelSize, stride });
  return { filters, kernelSize, stride };
}

function image(layer: string, input: Shape): readonly [number, number, number] {
  const [height, width, channels] = input;
  if (input.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new ShapeError(
      `${layer}: needs images [height, width, channels], not inputs of shape [${input.join(', ')}].`,
    );
  }
  return [height, width, channels];
}
