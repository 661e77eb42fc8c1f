import { concat, elementwise, ShapeError, type Tensor } from '@hourglass/tensor';

/** (prediction - target)², element by element. @throws ShapeError if the shapes differ */
export const squaredErrors = (prediction: Tensor, target: Tensor): Tensor =>
  difference('squaredErrors', prediction, target).square();

/** |prediction - target|, element by element. @throws ShapeError if the shapes differ */
export const absoluteErrors = (prediction: Tensor, target: Tensor): Tensor =>
  difference('absoluteErrors', prediction, target).abs();

/**
 * Binary cross-entropy of logits: −t ln σ(x) − (1 − t) ln(1 − σ(x)), element by element, without overflow. Targets are
 * from 0 to 1. The same as PyTorch's BCEWithLogitsLoss without reduction.
 * @throws ShapeError if the shapes differ
 */
export function binaryCrossEntropies(logits: Tensor, target: Tensor): Tensor {
  checkShapes('binaryCrossEntropies', logits, target);
  // The derivative of the formula, 1 − t − σ(−x), would cancel for confident logits.
  return elementwise(
    'binaryCrossEntropies',
    '(T(1) - t) * x + softpluses(-x)',
    { x: logits, t: target },
    { x: 'g * (scaled_sigmoids(T(1), x) - t)', t: '-g * x' },
  );
}

/**
 * Cross-entropy of logits [samples, …, classes] and probabilities of the same shape (one-hot for known classes):
 * −Σ t ln softmax(x) over the last dimension, which is removed. The same as PyTorch's CrossEntropyLoss without
 * reduction.
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
 * d² / 2 where the distance d is at most `delta` (default 1), else delta · (d − delta / 2), element by element. The
 * same as PyTorch's HuberLoss without reduction.
 * @throws ShapeError if the shapes differ
 */
export function huberErrors(prediction: Tensor, target: Tensor, delta = 1): Tensor {
  const distance = difference('huberErrors', prediction, target).abs();
  const near = distance.minimum(delta);
  return near.mul(distance.sub(near.mul(0.5)));
}

/** Side and standard deviation, in pixels, of the Gaussian window of {@link structuralSimilarities}. */
const WINDOW = { side: 11, deviation: 1.5 };

/**
 * The structural similarity (SSIM; Wang et al. 2004) of images [N, height, width, channels] in [0, 1], for every
 * position of a Gaussian window of 11x11 pixels: [N, height - 10, width - 10, channels], from -1 to 1, and 1 for equal
 * images. Its mean is TensorFlow's `tf.image.ssim` with `max_val` 1.
 *
 *     (2 μa μb + C1) (2 σab + C2) / ((μa² + μb² + C1) (σa² + σb² + C2)), with C1 = 0.01² and C2 = 0.03²
 *
 * @throws ShapeError if the shapes differ, or the images are smaller than the window
 */
export function structuralSimilarities(a: Tensor, b: Tensor): Tensor {
  checkShapes('structuralSimilarities', a, b);
  if (a.shape.length !== 4 || a.shape[1]! < WINDOW.side || a.shape[2]! < WINDOW.side) {
    throw new ShapeError(
      `structuralSimilarities: needs images [N, height, width, channels] of at least ${WINDOW.side}x${WINDOW.side} pixels, not [${a.shape.join(', ')}].`,
    );
  }
  const [count, , , channels] = a.shape as [number, number, number, number];
  const kernel = a.device.tensor(windowOf(channels), [WINDOW.side, WINDOW.side, channels, channels]);
  const averages = concat([a, b, a.square(), b.square(), a.mul(b)], 0).conv2d(kernel, { padding: 'valid' });
  const average = (i: number): Tensor =>
    averages.slice([i * count, 0, 0, 0], [(i + 1) * count, ...averages.shape.slice(1)]);
  const [meanA, meanB] = [average(0), average(1)];
  const product = meanA.mul(meanB);
  const squares = meanA.square().add(meanB.square());
  const covariance = average(4).sub(product);
  const variances = average(2).add(average(3)).sub(squares);
  const [c1, c2] = [0.01 ** 2, 0.03 ** 2];
  return product
    .mul(2)
    .add(c1)
    .mul(covariance.mul(2).add(c2))
    .div(squares.add(c1).mul(variances.add(c2)));
}

/** The kernel [side, side, channels, channels] that averages each channel by itself. */
function windowOf(channels: number): Float32Array {
  const { side, deviation } = WINDOW;
  const bell = Array.from({ length: side }, (_, i) => Math.exp(-((i - (side - 1) / 2) ** 2) / (2 * deviation ** 2)));
  const sum = bell.reduce((total, value) => total + value, 0);
  const kernel = new Float32Array(side * side * channels * channels);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let channel = 0; channel < channels; channel++)
        kernel[((y * side + x) * channels + channel) * channels + channel] = (bell[y]! * bell[x]!) / sum ** 2;
  return kernel;
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
