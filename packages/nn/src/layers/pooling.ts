import { type Shape, ShapeError, type Tensor } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';
import { image } from './convolution.ts';
import { asSetting, bothOf, checkOptions, type Pair } from './options.ts';

/**
 * Keras's MaxPooling2D with padding `valid` and adjacent windows: the largest pixel in each window of `size` (one
 * number, or [height, width]; default 2). Pixels that tie for the largest share the gradient evenly; Keras and PyTorch
 * give it to the first.
 * @throws RangeError unless the size consists of whole numbers of 1 or more
 */
export function maxPooling2d(size: Pair = 2, ...surplus: never[]): Layer {
  return pooling('MaxPooling2D', 'max_pooling2d', 'maxPooling2d', size, surplus, (windows) => windows.max([2, 4]));
}

/**
 * Keras's AveragePooling2D with padding `valid` and adjacent windows: the mean of each window of `size` (one number, or
 * [height, width]; default 2).
 * @throws RangeError unless the size consists of whole numbers of 1 or more
 */
export function averagePooling2d(size: Pair = 2, ...surplus: never[]): Layer {
  const mean = (windows: Tensor): Tensor => windows.mean([2, 4]);
  return pooling('AveragePooling2D', 'average_pooling2d', 'averagePooling2d', size, surplus, mean);
}

/**
 * Keras's UpSampling2D with `nearest`: repeats each pixel by `size` (one number, or [height, width]; default 2).
 * @throws RangeError unless the size consists of whole numbers of 1 or more
 */
export function upSampling2d(size: Pair = 2, ...surplus: never[]): Layer {
  checkOptions('upSampling2d', {}, [], surplus);
  const [down, across] = bothOf('upSampling2d', 'size', size);
  return {
    type: 'UpSampling2D',
    name: 'up_sampling2d',
    settings: { size: asSetting([down, across]) },
    outputShape: (input) => {
      const [height, width, channels] = image('upSampling2d', input);
      return [height * down, width * across, channels];
    },
    weights: () => [],
    apply: (x) => {
      const [count, height, width, channels] = x.shape as [number, number, number, number];
      return x
        .reshape([count, height, 1, width, 1, channels])
        .broadcastTo([count, height, down, width, across, channels])
        .reshape([count, height * down, width * across, channels]);
    },
  };
}

/** `reduce` receives windows [N, rows, window height, columns, window width, channels]. */
function pooling(
  type: string,
  name: string,
  layer: string,
  size: Pair,
  surplus: readonly never[],
  reduce: (windows: Tensor) => Tensor,
): Layer {
  checkOptions(layer, {}, [], surplus);
  const [down, across] = bothOf(layer, 'size', size);
  const outputShape = (input: Shape): [number, number, number] => {
    const [height, width, channels] = image(layer, input);
    if (height < down || width < across)
      throw new ShapeError(`${layer}: an image of ${height}x${width} can't contain a window of ${down}x${across}.`);
    return [Math.floor(height / down), Math.floor(width / across), channels];
  };
  return {
    type,
    name,
    settings: { poolSize: asSetting([down, across]) },
    outputShape,
    weights: () => [],
    apply: (x) => {
      const [rows, columns, channels] = outputShape(x.shape.slice(1));
      const count = x.shape[0]!;
      // Drops the pixels at the end that fill no window.
      const whole = x.slice([0, 0, 0, 0], [count, rows * down, columns * across, channels]);
      return reduce(whole.reshape([count, rows, down, columns, across, channels]));
    },
  };
}
