import { chart, linearAxis } from './chart.ts';
import { checkFinite } from './check.ts';
import { checkSizes } from './grid.ts';
import type { Image } from './image.ts';
import { svgImage } from './svg.ts';

export interface ManifoldGridOptions {
  /** The figure's title; default: a description of its content. */
  readonly title?: string;
  /** Images of the same size, row by row from the top left: z1 increases to the right, z2 from bottom to top. */
  readonly images: readonly Image[];
  /** Images in a row. */
  readonly columns: number;
  /** z1 of the first and of the last column. */
  readonly xRange: readonly [number, number];
  /** z2 of the last row, at the bottom, and of the first, at the top. */
  readonly yRange: readonly [number, number];
  /** The names of the axes; default `z1` and `z2`. */
  readonly axes?: readonly [string, string];
}

/**
 * Draws the images decoded from evenly spaced points of the latent plane, edge to edge, as SVG. The centre of an image
 * is at its latent coordinates.
 *
 * @throws RangeError if the images differ in size or don't fill at least 2 rows and 2 columns, or a range doesn't
 *   increase
 */
export function manifoldGrid({
  title = 'The latent plane, decoded',
  images,
  columns,
  xRange,
  yRange,
  axes = ['z1', 'z2'],
}: ManifoldGridOptions): string {
  const { width, height } = checkSizes(images);
  const rows = images.length / columns;
  if (!Number.isInteger(columns) || columns < 2 || !Number.isInteger(rows) || rows < 2)
    throw new RangeError(
      `A manifold needs complete rows of images, at least 2 rows and 2 columns; found ${images.length} images in ${columns} columns.`,
    );
  for (const [name, range] of [['z1', xRange] as const, ['z2', yRange] as const]) {
    checkFinite(`range of ${name}`, range);
    if (range[0] >= range[1])
      throw new RangeError(
        `The range of ${name} must increase from its first number to its second; found ${range.join(' to ')}.`,
      );
  }
  const scale = Math.max(1, Math.round(640 / (columns * width)));
  return chart({
    title,
    width: columns * width * scale,
    rows: [
      [
        {
          x: linearAxis(axes[0], cells(xRange, columns), 9),
          y: linearAxis(axes[1], cells(yRange, rows), 9),
          height: rows * height * scale,
          marks: () => [svgImage(tile(images, columns), 0, 0, scale)],
        },
      ],
    ],
  });
}

/** The range from the outer edge of the first cell to that of the last. The given range is from centre to centre. */
function cells([first, last]: readonly [number, number], count: number): [number, number] {
  const half = (last - first) / (count - 1) / 2;
  return [first - half, last + half];
}

/** Joins all images into one: separate images would show seams. */
function tile(images: readonly Image[], columns: number): Image {
  const { width, height, channels } = images[0]!;
  const rowLength = width * channels;
  const data = new Float32Array(images.length * height * rowLength);
  images.forEach((image, i) => {
    if (image.data.length !== height * rowLength)
      throw new RangeError(
        `The images of a manifold must each have ${height * rowLength} values (${width} x ${height} x ${channels}), like the first; image ${i} has ${image.data.length}.`,
      );
    const corner = Math.floor(i / columns) * height * columns * rowLength + (i % columns) * rowLength;
    for (let y = 0; y < height; y++)
      data.set(image.data.subarray(y * rowLength, (y + 1) * rowLength), corner + y * columns * rowLength);
  });
  return { width: columns * width, height: (images.length / columns) * height, channels, data };
}
