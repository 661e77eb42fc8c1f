import { type Device, grad } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { load, make, type Spec } from '@hourglass/testing/oracle';
import { beforeAll, expect, test } from 'vitest';
import { structuralSimilarities } from '../src/index.ts';

interface Case {
  readonly images: Spec;
  /** What is added to the images to compare with. */
  readonly noise: Spec;
  /** The mean similarity of each image. */
  readonly means: readonly number[];
  /** The derivative of their sum with respect to each pixel. */
  readonly gradient: readonly number[];
}

const { cases } = await load<{ cases: Case[] }>('similarity');

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

// The variances, 0.03 and 0.05, are differences of averages of up to 0.4, which are rounded at 3e-8: 1e-6, relative.
// A similarity and its derivative multiply several of them.
const TOLERANCE = 1e-5;

test.each(cases)(
  'images $images.shape are as similar as scikit-image finds',
  async ({ images, noise, ...expected }) => {
    const { shape } = images;
    const [pixels, added] = [make(images), make(noise)];
    const a = device.tensor(pixels, shape);
    const b = device.tensor(
      pixels.map((pixel, i) => pixel + added[i]!),
      shape,
    );
    const similarities = structuralSimilarities(a, b).reshape([shape[0]!, -1]).mean(1);
    const [gradient] = grad(similarities.sum(), [a]);
    const [found, derivatives] = [await similarities.data(), await gradient.data()];
    for (const [i, mean] of expected.means.entries()) expect(Math.abs(found[i]! - mean)).toBeLessThan(TOLERANCE);
    const distance = Math.hypot(...expected.gradient.map((value, i) => derivatives[i]! - value));
    expect(distance / Math.hypot(...expected.gradient)).toBeLessThan(TOLERANCE);
  },
);

test('an image is entirely similar to itself', async () => {
  const { images } = cases[0]!;
  const a = device.tensor(make(images), images.shape);
  const found = await structuralSimilarities(a, a).data();
  for (const similarity of found) expect(Math.abs(similarity - 1)).toBeLessThan(1e-6);
});

test('images smaller than the window are refused', () => {
  const image = device.zeros([1, 10, 28, 1]);
  expect(() => structuralSimilarities(image, image)).toThrow(/at least 11x11 pixels, not \[1, 10, 28, 1\]/);
});
