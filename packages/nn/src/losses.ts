import { ShapeError, type Tensor } from '@hourglass/tensor';

/** (prediction - target)², element by element. @throws ShapeError if the shapes differ */
export const squaredErrors = (prediction: Tensor, target: Tensor): Tensor =>
  difference('squaredErrors', prediction, target).square();

/** |prediction - target|, element by element. @throws ShapeError if the shapes differ */
export const absoluteErrors = (prediction: Tensor, target: Tensor): Tensor =>
  difference('absoluteErrors', prediction, target).abs();

function difference(name: string, prediction: Tensor, target: Tensor): Tensor {
  if (prediction.shape.join() !== target.shape.join()) {
    throw new ShapeError(
      `${name}: prediction [${prediction.shape.join(', ')}] and target [${target.shape.join(', ')}] must have the same shape.`,
    );
  }
  return prediction.sub(target);
}
