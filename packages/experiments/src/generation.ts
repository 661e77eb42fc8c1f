import { normalOnHost } from '@hourglass/tensor';
import { covariance, symmetricEigen } from './principal-directions.ts';
import { rowsOf, type Samples } from './samples.ts';
import type { TrainedModel } from './trained-model.ts';

/** How close generated images are to real ones, measured on features of a classifier. */
export interface GenerationMetrics {
  /** The {@link frechetDistance} between generated and test images: the smaller, the closer. */
  readonly frechetDistance: number;
  /** The same distance between training and test images: what perfect images would reach. */
  readonly realFrechetDistance: number;
  /** The share of generated images that look real, see {@link precisionAndRecall}. */
  readonly precision: number;
  /** The share of real images that the generated ones cover. */
  readonly recall: number;
}

/**
 * Compares `count` images, decoded from codes drawn from N(0, 1), with the first `count` test images.
 *
 * @param classifier encodes the images as the features to compare
 * @param seed determines the codes
 */
export async function generationMetrics(
  trained: TrainedModel,
  classifier: TrainedModel,
  { train, test }: { readonly train: Samples; readonly test: Samples },
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<GenerationMetrics> {
  const codes = normalOnHost(count * trained.latent, { seed });
  const generated = await classifier.encode(await trained.decode(codes));
  const [seen, real] = await Promise.all(
    [train, test].map(async (samples) => classifier.encode(await rowsOf([samples], 0, count))),
  );
  const size = classifier.latent;
  return {
    frechetDistance: frechetDistance(generated, real!, size),
    realFrechetDistance: frechetDistance(seen!, real!, size),
    ...precisionAndRecall(generated, real!, size),
  };
}

/**
 * The Fréchet distance of two normal distributions with the means and covariances (divisor n - 1) of two sets of
 * features: |m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½) (Heusel et al. 2017, who use Inception's features).
 *
 * @param a, b row-major [n, size]; the numbers of rows may differ
 */
export function frechetDistance(a: Float32Array, b: Float32Array, size: number): number {
  const [first, second] = [a, b].map((rows) => momentsOf(rows, size));
  const shift = first!.mean.reduce((sum, value, i) => sum + (value - second!.mean[i]!) ** 2, 0);
  const root = squareRoot(first!.covariance, size);
  // C₁ C₂ has the eigenvalues of the symmetric C₁^½ C₂ C₁^½.
  const { values } = symmetricEigen(product(product(root, second!.covariance, size), root, size), size);
  const common = values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  return shift + trace(first!.covariance, size) + trace(second!.covariance, size) - 2 * common;
}

/** Which neighbour of a point sets the radius around it, as in the paper. */
const NEIGHBOUR = 3;

/**
 * Precision is the share of generated points that are inside the real set, and recall the share of real points that are
 * inside the generated set. A point is inside a set if it is no farther from some point of the set than that point's
 * third nearest neighbour in the set is (Kynkäänniemi et al. 2019).
 *
 * @param generated, real row-major [n, size], at least 4 rows each
 */
export function precisionAndRecall(
  generated: Float32Array,
  real: Float32Array,
  size: number,
): Pick<GenerationMetrics, 'precision' | 'recall'> {
  const [own, others] = [generated, real].map((rows) => radii(rows, size));
  const [inReal, inGenerated] = [generated, real].map((rows) => new Uint8Array(rows.length / size));
  for (let i = 0; i < inReal!.length; i++)
    for (let j = 0; j < inGenerated!.length; j++) {
      const distance = squaredDistance(generated, i, real, j, size);
      if (distance <= others![j]!) inReal![i] = 1;
      if (distance <= own![i]!) inGenerated![j] = 1;
    }
  const share = (inside: Uint8Array): number => inside.reduce((sum, value) => sum + value, 0) / inside.length;
  return { precision: share(inReal!), recall: share(inGenerated!) };
}

/** The squared distance of each row to its third nearest neighbour. */
function radii(rows: Float32Array, size: number): Float64Array {
  const count = rows.length / size;
  // The nearest distances of each row so far, in ascending order.
  const nearest = new Float64Array(count * NEIGHBOUR).fill(Number.POSITIVE_INFINITY);
  const insert = (row: number, distance: number): void => {
    let at = row * NEIGHBOUR + NEIGHBOUR - 1;
    if (distance >= nearest[at]!) return;
    for (; at > row * NEIGHBOUR && nearest[at - 1]! > distance; at--) nearest[at] = nearest[at - 1]!;
    nearest[at] = distance;
  };
  for (let i = 0; i < count; i++)
    for (let j = 0; j < i; j++) {
      const distance = squaredDistance(rows, i, rows, j, size);
      insert(i, distance);
      insert(j, distance);
    }
  return nearest.filter((_, i) => i % NEIGHBOUR === NEIGHBOUR - 1);
}

function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, size: number): number {
  const [first, second] = [i * size, j * size];
  let sum = 0;
  for (let k = 0; k < size; k++) {
    const difference = a[first + k]! - b[second + k]!;
    sum += difference * difference;
  }
  return sum;
}

function momentsOf(
  rows: Float32Array,
  size: number,
): { readonly mean: Float64Array; readonly covariance: Float64Array } {
  const count = rows.length / size;
  const mean = new Float64Array(size);
  rows.forEach((value, i) => {
    mean[i % size]! += value / count;
  });
  return { mean, covariance: covariance(rows, size).map((value) => (value * count) / (count - 1)) };
}

/** The symmetric square root of a covariance. */
function squareRoot(matrix: Float64Array, size: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, size);
  const scaled = vectors.map((value, i) => value * Math.sqrt(Math.max(0, values[i % size]!)));
  const transposed = vectors.map((_, i) => vectors[(i % size) * size + Math.floor(i / size)]!);
  return product(scaled, transposed, size);
}

function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  return new Float64Array(size * size).map((_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += a[i * size + k]! * b[k * size + j]!;
    return sum;
  });
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i]!;
  return sum;
}
