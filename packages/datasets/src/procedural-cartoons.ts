import { CARTOON_ID, CARTOON_SIZE } from './cartoon-set.ts';
import { checkIndices, type ImageStream, type StreamedImages } from './dataset.ts';
import { ColorCanvas } from './procedural/color-canvas.ts';
import { drawFace } from './procedural/face.ts';
import { Draw } from './procedural/random.ts';

/** Bytes of drawn faces to store: all 10 000 at 64x64; at larger sizes, the first ones read. */
const KEPT_BYTES = 256 * 2 ** 20;

/**
 * The stand-in for the Cartoon Set: faces in flat colours on white, drawn by code when they are read. The same seed
 * gives the same bytes (in one JavaScript engine). Image i of a split does not depend on the number of images. Another
 * size gives the same faces in that size.
 *
 * @param options.seed an integer, default 0
 * @param options.imageSize height and width of the images in pixels, default 256
 * @param options.train images in the training split, default 9 500
 * @param options.test images in the test split, default 500
 */
export function proceduralCartoons(
  options: { seed?: number; imageSize?: number | undefined; train?: number; test?: number } = {},
): StreamedImages {
  const { seed = 0, imageSize = CARTOON_SIZE, train = 9_500, test = 500 } = options;
  const canvas = new ColorCanvas(imageSize);
  const rowBytes = imageSize * imageSize * 3;
  let room = KEPT_BYTES;
  const draw = (split: 0 | 1, index: number): Uint8Array => {
    canvas.clear();
    drawFace(canvas, new Draw(seed, 2 * index + split));
    const row = new Uint8Array(rowBytes);
    canvas.store(row);
    return row;
  };
  const stream = (split: 0 | 1, count: number, kept = new Map<number, Uint8Array>()): ImageStream => ({
    count,
    names: Array.from({ length: count }, (_, i) => `face${String(i).padStart(5, '0')}.png`),
    read: async (indices) => {
      checkIndices(indices, count);
      const bytes = new Uint8Array(indices.length * rowBytes);
      indices.forEach((index, i) => {
        const row = kept.get(index) ?? draw(split, index);
        bytes.set(row, i * rowBytes);
        if (kept.has(index) || room < rowBytes) return;
        kept.set(index, row);
        room -= rowBytes;
      });
      return bytes;
    },
  });
  return {
    id: CARTOON_ID,
    source: 'procedural',
    shape: [imageSize, imageSize, 3],
    train: stream(0, train),
    test: stream(1, test),
    close: async () => undefined,
  };
}
