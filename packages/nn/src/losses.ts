import { ShapeError, type Tensor } from '@hourglass/tensor';

/** (prediction - target)², element by element. @throws ShapeError if the shapes differ */
export const squaredErrors = (prediction: Tensor, target: Tensor): Tensor =>
  difference('squaredErrors', prediction, target).square();

/** |prediction - target|, element by element. @throws ShapeError if the shapes differ */
export const absoluteErrors = (prediction: Tensor, target: Tensor): Tensor =>
  difference('absoluteErrors', prediction, target).abs();

/**
 * Binary cross-entropy of logits: −t ln σ(x) − (1 − t) ln(1 − σ(x)), element by element, without overflow. Targets are
 * from 0 to 1. PyTorch's BCEWithLogitsLoss. @throws ShapeError if the shapes differ
 */
export function binaryCrossEntropies(logits: Tensor, target: Tensor): Tensor {
  checkShapes('binaryCrossEntropies', logits, target);
  return target.neg().add(1).mul(logits).add(logits.neg().softplus());
}

/**
 * Cross-entropy of logits [samples, …, classes] and probabilities of the same shape (one-hot for known classes):
 * −Σ t ln softmax(x) over the last dimension, which is removed. PyTorch's CrossEntropyLoss.
 * @throws ShapeError if the shapes differ
 */
export function categoricalCrossEntropies(logits: Tensor, target: Tensor): Tensor {
  checkShapes('categoricalCrossEntropies', logits, target);
  // Subtracting the largest logit keeps every exponential finite. Its gradient would cancel, so it is stopped.
  const moved = logits.sub(logits.max(-1, { keepDims: true }).stopGradient());
  const logarithms = moved.sub(moved.exp().sum(-1, { keepDims: true }).log());
  return target.mul(logarithms).sum(-1).neg();
}

/**
 * d² / 2 where the distance d is at most `delta` (default 1), else delta · (d − delta / 2), element by element.
 * PyTorch's HuberLoss. @throws ShapeError if the shapes differ
 */
export function huberErrors(prediction: Tensor, target: Tensor, delta = 1): Tensor {
  const distance = difference('huberErrors', prediction, target).abs();
  const near = distance.minimum(delta);
  return near.mul(distance.sub(near.mul(0.5)));
}

function difference(name: string, prediction: Tensor, target: Tensor): Tensor {
  checkShapes(name, prediction, target);
  return prediction.sub(target);
}

function checkShapes(name: string, prediction: Tensor, target: Tensor): void {
  if (prediction.shape.join() !== target.shape.join()) {
    throw new ShapeError(
      `${name}: prediction [${prediction.shape.join(', ')}] and target [${target.shape.join(', ')}] must have the same shape.`,
    );
  }
}
