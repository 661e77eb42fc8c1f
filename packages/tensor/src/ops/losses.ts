import { ShapeError } from '../errors.ts';
import { formatShape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** The mean over all elements of (prediction - target)². @throws ShapeError if the shapes differ. */
export function mse(prediction: Tensor, target: Tensor): Tensor {
  return difference('mse', prediction, target).square().mean();
}

/** The mean over all elements of |prediction - target|. @throws ShapeError if the shapes differ. */
export function mae(prediction: Tensor, target: Tensor): Tensor {
  return difference('mae', prediction, target).abs().mean();
}

function difference(name: string, prediction: Tensor, target: Tensor): Tensor {
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `${name}: prediction ${formatShape(prediction.shape)} and target ${formatShape(target.shape)} must have the same shape.`,
    );
  }
  return prediction.sub(target);
}
