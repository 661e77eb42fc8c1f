import { type Device, grad, type Tensor } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { structuralSimilarities } from '../src/index.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

/** Two images of waves, and two with their phases moved. */
function waves(shape: readonly [number, number, number, number]): [Tensor, Tensor] {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const wave = (move: (i: number) => number): Tensor =>
    device.tensor(
      Float32Array.from({ length: count }, (_, i) => (Math.sin(i * 0.37 + move(i)) + 1) / 2),
      shape,
    );
  return [wave(() => 0), wave((i) => 0.3 * Math.cos(i * 0.11))];
}

/**
 * The mean similarity of each image in float64, computed with tf.nn.depthwise_conv2d, and Σ cos(i) ∂/∂a_i of their sum.
 * tf.image.ssim in float32 gives the same within 2e-7 (gray) and 3e-8 (colour).
 */
test.each([
  {
    shape: [2, 12, 13, 1],
    means: [0.9759831744397669, 0.9782632652759636],
    directional: 0.1555415545479889,
  },
  {
    shape: [2, 16, 16, 3],
    means: [0.9789993982706796, 0.9789775924173904],
    directional: 0.0014888982010279024,
  },
] as const)('images $shape are as similar as TensorFlow finds', async ({ shape, means, directional }) => {
  const [a, b] = waves(shape);
  const similarities = structuralSimilarities(a, b).reshape([2, -1]).mean(1);
  const [gradient] = grad(similarities.sum(), [a]);
  const [found, derivatives] = [await similarities.data(), await gradient.data()];
  // Variances are differences of averages near 0.4, rounded at 3e-8, and compared with C2 = 9e-4.
  for (const [i, mean] of means.entries()) expect(Math.abs(found[i]! - mean)).toBeLessThan(1e-5);
  const along = derivatives.reduce((sum, value, i) => sum + value * Math.cos(i), 0);
  expect(Math.abs(along - directional)).toBeLessThan(1e-4);
});

test('an image is entirely similar to itself', async () => {
  const [a] = waves([2, 12, 13, 1]);
  const found = await structuralSimilarities(a, a).data();
  for (const similarity of found) expect(Math.abs(similarity - 1)).toBeLessThan(1e-6);
});

test('images smaller than the window are refused', () => {
  const image = device.zeros([1, 10, 28, 1]);
  expect(() => structuralSimilarities(image, image)).toThrow(/at least 11x11 pixels, not \[1, 10, 28, 1\]/);
});
