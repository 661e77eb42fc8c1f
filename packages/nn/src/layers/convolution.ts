import { type Shape, ShapeError } from '@hourglass/tensor';
import { checkCounts } from '../check.ts';
import type { Layer, WeightSpec } from '../layer.ts';
import { asSetting, bothOf, checkOptions, type Pair } from './options.ts';

/** The windows of {@link conv2d}. */
export interface ConvolutionShape {
  /** Output channels. */
  readonly filters: number;
  /** Window size: one number, or [height, width]. */
  readonly kernelSize: Pair;
  /** Step between windows: one number, or [vertical, horizontal]. Default 1. */
  readonly stride?: Pair | undefined;
}

/** The windows of {@link conv2dTranspose}. */
export interface TransposedConvolutionShape extends ConvolutionShape {
  /** Height and width of the output, each from stride · (input − 1) + 1 to stride · input (the default). */
  readonly outputSize?: readonly [height: number, width: number] | undefined;
}

/** The windows of {@link conv1d} and {@link conv1dTranspose}. */
export interface SignalConvolutionShape {
  /** Output channels. */
  readonly filters: number;
  /** Samples in the window. */
  readonly kernelSize: number;
  /** Step between windows. Default 1. */
  readonly stride?: number | undefined;
}

/**
 * Keras's Conv2D with padding `same`: kernel [kh, kw, in, filters], bias [filters], images [H, W, in].
 * @throws RangeError if a size is not a whole number of 1 or more, TypeError for an unknown option
 */
export function conv2d(shape: ConvolutionShape, ...surplus: never[]): Layer {
  checkOptions('conv2d', shape, ['filters', 'kernelSize', 'stride'], surplus);
  const { filters, window, stride } = checked('conv2d', shape);
  return {
    type: 'Conv2D',
    name: 'conv2d',
    settings: { stride: asSetting(stride), padding: 'same' },
    outputShape: (input) => {
      const [height, width] = image('conv2d', input);
      return [Math.ceil(height / stride[0]), Math.ceil(width / stride[1]), filters];
    },
    weights: (input) => kernelAndBias([...window, input[2]!, filters], filters),
    apply: (x, { kernel, bias }) => x.conv2d(kernel!, { stride }).add(bias!),
  };
}

/**
 * Keras's Conv2DTranspose with padding `same`: kernel [kh, kw, filters, in], bias [filters]. The output has `stride`
 * times the input's size, or `outputSize`: a size that a convolution with this stride reduces to the input's size.
 * @throws RangeError if a size is not a whole number of 1 or more, TypeError for an unknown option
 */
export function conv2dTranspose(shape: TransposedConvolutionShape, ...surplus: never[]): Layer {
  checkOptions('conv2dTranspose', shape, ['filters', 'kernelSize', 'stride', 'outputSize'], surplus);
  const { filters, window, stride } = checked('conv2dTranspose', shape);
  const { outputSize } = shape;
  if (outputSize !== undefined) bothOf('conv2dTranspose', 'outputSize', outputSize);
  return {
    type: 'Conv2DTranspose',
    name: 'conv2d_transpose',
    settings: {
      stride: asSetting(stride),
      padding: 'same',
      ...(outputSize === undefined ? {} : { outputSize: asSetting(outputSize) }),
    },
    outputShape: (input) => {
      const [height, width] = image('conv2dTranspose', input);
      const [down, across] = outputSize ?? [height * stride[0], width * stride[1]];
      if (Math.ceil(down / stride[0]) !== height || Math.ceil(across / stride[1]) !== width) {
        throw new ShapeError(
          `conv2dTranspose: outputSize [${down}, ${across}] with stride ${stride.join('x')} needs an input of ` +
            `${Math.ceil(down / stride[0])}x${Math.ceil(across / stride[1])}, not ${height}x${width}.`,
        );
      }
      return [down, across, filters];
    },
    weights: (input) => kernelAndBias([...window, filters, input[2]!], filters),
    apply: (x, { kernel, bias }) =>
      x.conv2dTranspose(kernel!, { stride, ...(outputSize === undefined ? {} : { outputSize }) }).add(bias!),
  };
}

/**
 * Keras's Conv1D with padding `same`: kernel [k, in, filters], bias [filters], signals [length, in].
 * @throws RangeError if a size is not a whole number of 1 or more, TypeError for an unknown option
 */
export function conv1d(shape: SignalConvolutionShape, ...surplus: never[]): Layer {
  const { filters, kernelSize, stride } = checkedSignal('conv1d', shape, surplus);
  return {
    type: 'Conv1D',
    name: 'conv1d',
    settings: { stride, padding: 'same' },
    outputShape: (input) => [Math.ceil(signal('conv1d', input)[0] / stride), filters],
    weights: (input) => kernelAndBias([kernelSize, input[1]!, filters], filters),
    // Treats the signal as an image of one row.
    apply: (x, { kernel, bias }) => {
      const y = x
        .reshape([x.shape[0]!, 1, ...x.shape.slice(1)])
        .conv2d(kernel!.reshape([1, ...kernel!.shape]), { stride: [1, stride] });
      return y.reshape([x.shape[0]!, y.shape[2]!, filters]).add(bias!);
    },
  };
}

/**
 * Keras's Conv1DTranspose with padding `same`: kernel [k, filters, in], output `stride` times the input's length.
 * @throws RangeError if a size is not a whole number of 1 or more, TypeError for an unknown option
 */
export function conv1dTranspose(shape: SignalConvolutionShape, ...surplus: never[]): Layer {
  const { filters, kernelSize, stride } = checkedSignal('conv1dTranspose', shape, surplus);
  return {
    type: 'Conv1DTranspose',
    name: 'conv1d_transpose',
    settings: { stride, padding: 'same' },
    outputShape: (input) => [signal('conv1dTranspose', input)[0] * stride, filters],
    weights: (input) => kernelAndBias([kernelSize, filters, input[1]!], filters),
    apply: (x, { kernel, bias }) => {
      const y = x
        .reshape([x.shape[0]!, 1, ...x.shape.slice(1)])
        .conv2dTranspose(kernel!.reshape([1, ...kernel!.shape]), { stride: [1, stride] });
      return y.reshape([x.shape[0]!, y.shape[2]!, filters]).add(bias!);
    },
  };
}

const kernelAndBias = (shape: Shape, filters: number): WeightSpec[] => [
  { name: 'kernel', shape, initial: 'glorotUniform', trainable: true },
  { name: 'bias', shape: [filters], initial: 'zeros', trainable: true },
];

function checked(layer: string, { filters, kernelSize, stride = 1 }: ConvolutionShape) {
  checkCounts(layer, { filters });
  return {
    filters,
    window: bothOf(layer, 'kernelSize', kernelSize),
    stride: bothOf(layer, 'stride', stride),
  };
}

function checkedSignal(
  layer: string,
  shape: SignalConvolutionShape,
  surplus: readonly never[],
): Required<SignalConvolutionShape> {
  checkOptions(layer, shape, ['filters', 'kernelSize', 'stride'], surplus);
  const { filters, kernelSize, stride = 1 } = shape;
  checkCounts(layer, { filters, kernelSize, stride });
  return { filters, kernelSize, stride };
}

export function image(layer: string, input: Shape): readonly [height: number, width: number, channels: number] {
  const [height, width, channels] = input;
  if (input.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new ShapeError(
      `${layer}: needs images [height, width, channels], not inputs of shape [${input.join(', ')}].`,
    );
  }
  return [height, width, channels];
}

function signal(layer: string, input: Shape): readonly [length: number, channels: number] {
  const [length, channels] = input;
  if (input.length !== 2 || length === undefined || channels === undefined)
    throw new ShapeError(`${layer}: needs signals [length, channels], not inputs of shape [${input.join(', ')}].`);
  return [length, channels];
}
