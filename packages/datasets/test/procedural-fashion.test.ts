import { expect, test } from 'vitest';
import { type ImageSplit, proceduralFashion } from '../src/index.ts';

const PIXELS = 28 * 28;

/** The share of test images whose nearest mean training image is that of their own class. */
function nearestMeanAccuracy(train: ImageSplit, held: ImageSplit): number {
  const means = Array.from({ length: 10 }, () => new Float64Array(PIXELS));
  train.labels.forEach((label, i) => {
    for (let p = 0; p < PIXELS; p++) means[label]![p]! += train.pixels[i * PIXELS + p]! / (train.count / 10);
  });
  const distance = (image: number, mean: Float64Array) =>
    mean.reduce((sum, value, p) => sum + (value - held.pixels[image * PIXELS + p]!) ** 2, 0);
  const right = held.labels.filter((label, i) => {
    const distances = means.map((mean) => distance(i, mean));
    return distances.indexOf(Math.min(...distances)) === label;
  });
  return right.length / held.count;
}

test('has the format of Fashion-MNIST and is marked as procedural', () => {
  const { source, shape, classes, train, test: held } = proceduralFashion({ train: 25, test: 10 });
  expect([source, shape, classes.length]).toEqual(['procedural', [28, 28, 1], 10]);
  expect([train.count, train.pixels.length, train.labels.length]).toEqual([25, 25 * PIXELS, 25]);
  expect([held.count, held.pixels.length, held.labels.length]).toEqual([10, 10 * PIXELS, 10]);
  expect([...held.labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the same seed gives the same bytes, another seed different ones, and the splits differ', () => {
  const one = proceduralFashion({ seed: 5, train: 40, test: 40 });
  expect(proceduralFashion({ seed: 5, train: 40, test: 40 })).toEqual(one);
  expect(one.train.pixels).not.toEqual(one.test.pixels);
  for (const seed of [0, 6, -5, 5 + 2 ** 32]) {
    expect(proceduralFashion({ seed, train: 40, test: 0 }).train.pixels).not.toEqual(one.train.pixels);
  }
});

test('a shorter split is the start of a longer one', () => {
  const long = proceduralFashion({ train: 37, test: 0 }).train;
  const short = proceduralFashion({ train: 13, test: 0 }).train;
  expect(short.pixels).toEqual(long.pixels.subarray(0, 13 * PIXELS));
  expect(short.labels).toEqual(long.labels.subarray(0, 13));
});

test('all images differ, each shows something, and the border rows are not smeared', () => {
  const { train } = proceduralFashion({ train: 500, test: 0 });
  const images = Array.from({ length: 500 }, (_, i) => train.pixels.subarray(i * PIXELS, (i + 1) * PIXELS));
  expect(new Set(images.map((image) => image.join())).size).toBe(500);
  for (const image of images) {
    const inked = image.filter((byte) => byte > 0).length / PIXELS;
    expect(inked).toBeGreaterThan(0.05); // a thin sandal
    expect(inked).toBeLessThan(0.9); // some background remains
  }
  // As in Fashion-MNIST, the four corners are black in nearly all images of every class.
  const lit = images.filter((image) => [0, 27, 27 * 28, 783].some((corner) => image[corner]! > 0)).length;
  expect(lit / 500).toBeLessThan(0.1);
});

test('the classes can be told apart: the nearest class mean is right for more than 70 % (chance: 10 %)', () => {
  const { train, test: held } = proceduralFashion({ train: 1_000, test: 400 });
  expect(nearestMeanAccuracy(train, held)).toBeGreaterThan(0.7);
});
