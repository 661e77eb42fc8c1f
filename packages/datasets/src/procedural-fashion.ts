import type { ImageDataset, ImageSplit } from './dataset.ts';
import { FASHION_CLASSES, FASHION_ID } from './fashion-mnist.ts';
import { drawAnkleBoot, drawBag, drawSandal, drawSneaker } from './procedural/accessories.ts';
import { Canvas, IMAGE_SIZE } from './procedural/canvas.ts';
import { drawCoat, drawDress, drawPullover, drawShirt, drawTrouser, drawTShirt } from './procedural/clothes.ts';
import { Draw } from './procedural/random.ts';

/** In the order of the labels. */
const GARMENTS = [
  drawTShirt,
  drawTrouser,
  drawPullover,
  drawDress,
  drawCoat,
  drawSandal,
  drawShirt,
  drawSneaker,
  drawBag,
  drawAnkleBoot,
];

/**
 * The stand-in for Fashion-MNIST: the same ten classes in the same format (28x28x1 bytes, labels 0 .. 9), drawn by
 * code. The same seed gives the same bytes (in one JavaScript engine: the last digit of its sines may differ in
 * another). Image i of a split does not depend on the number of images. Every group of ten images contains each class
 * once.
 *
 * @param options.seed an integer, default 0
 * @param options.train images in the training split, default 6 000
 * @param options.test images in the test split, default 1 000
 */
export function proceduralFashion(options: { seed?: number; train?: number; test?: number } = {}): ImageDataset {
  const { seed = 0, train = 6_000, test = 1_000 } = options;
  return {
    id: FASHION_ID,
    source: 'procedural',
    shape: [IMAGE_SIZE, IMAGE_SIZE, 1],
    classes: FASHION_CLASSES,
    train: drawSplit(seed, 0, train),
    test: drawSplit(seed, 1, test),
  };
}

function drawSplit(seed: number, split: 0 | 1, count: number): ImageSplit {
  const pixels = new Uint8Array(count * IMAGE_SIZE * IMAGE_SIZE);
  const labels = new Uint8Array(count);
  const canvas = new Canvas();
  for (let i = 0; i < count; i++) {
    if (i % 10 === 0) labels.set(new Draw(seed, 4 * i + 2 + split).permutation(10).subarray(0, count - i), i);
    const draw = new Draw(seed, 4 * i + split);
    canvas.restart(draw);
    GARMENTS[labels[i]!]!(canvas, draw);
    canvas.store(pixels.subarray(i * IMAGE_SIZE * IMAGE_SIZE, (i + 1) * IMAGE_SIZE * IMAGE_SIZE));
  }
  return { count, pixels, labels };
}
