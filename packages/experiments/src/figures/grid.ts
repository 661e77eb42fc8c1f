import { checkCount } from './check.ts';
import type { Image } from './image.ts';
import { STYLE, svgDocument, svgImage, svgText, textWidth } from './svg.ts';

/** Options of all grids. */
export interface GridOptions {
  /** Cells in a row. */
  readonly columns: number;
  /** A line under the grid. */
  readonly caption?: string;
  /** Figure pixels per image pixel; default: the whole number that makes an image about 112 pixels wide. */
  readonly scale?: number;
}

export interface ImageGridOptions extends GridOptions {
  /** The images, all of the same size. */
  readonly images: readonly Image[];
  /** A line under each image; empty or undefined for no lines. */
  readonly titles?: readonly string[];
}

export interface PairGridOptions extends GridOptions {
  /** The original images, all of the same size. The reconstructions have this size too. */
  readonly originals: readonly Image[];
  readonly reconstructions: readonly Image[];
  /** A line under each pair, such as its class; empty for no lines. */
  readonly titles: readonly string[];
}

/**
 * Draws a grid of images, row by row, as SVG.
 *
 * @throws RangeError if there are no images, their sizes differ, the number of titles differs from that of images, or
 *   `columns` or `scale` is not a whole number of at least 1
 */
export function imageGrid({ images, titles, ...options }: ImageGridOptions): string {
  checkTitles(titles, images);
  return drawGrid(
    images.map((image) => [image]),
    { titles, ...options },
  );
}

/**
 * Draws pairs of an original and its reconstruction, side by side under headers, as SVG.
 *
 * @throws RangeError if there are no images, their sizes differ, the numbers of originals, reconstructions and titles
 *   differ, or `columns` or `scale` is not a whole number of at least 1
 */
export function pairGrid({ originals, reconstructions, titles, ...options }: PairGridOptions): string {
  checkCount('A grid', 'reconstructions', reconstructions.length, 'originals', originals.length);
  checkTitles(titles, originals);
  return drawGrid(
    originals.map((original, i) => [original, reconstructions[i]!]),
    { headers: ['original', 'reconstruction'], titles, ...options },
  );
}

export interface TripleGridOptions extends PairGridOptions {
  /** The model's inputs, in the originals' size. */
  readonly noisy: readonly Image[];
}

/**
 * Draws triples of an original, its reconstruction, and the noisy image that was reconstructed, side by side under
 * headers, as SVG.
 *
 * @throws RangeError if there are no images, their sizes differ, the numbers of images of each kind and of titles
 *   differ, or `columns` or `scale` is not a whole number of at least 1
 */
export function tripleGrid({ originals, reconstructions, noisy, titles, ...options }: TripleGridOptions): string {
  checkCount('A grid', 'reconstructions', reconstructions.length, 'originals', originals.length);
  checkCount('A grid', 'noisy images', noisy.length, 'originals', originals.length);
  checkTitles(titles, originals);
  return drawGrid(
    originals.map((original, i) => [original, reconstructions[i]!, noisy[i]!]),
    { headers: ['original', 'reconstruction', 'noisy'], titles, ...options },
  );
}

export interface CleanAndNoisyOptions extends Omit<GridOptions, 'columns'> {
  readonly clean: Image;
  /** Has the size of `clean`. */
  readonly noisy: Image;
}

/**
 * Draws a clean and a noisy version of one image, side by side under headers, as SVG.
 *
 * @throws RangeError if their sizes differ, or `scale` is not a whole number of at least 1
 */
export function cleanAndNoisy({ clean, noisy, ...options }: CleanAndNoisyOptions): string {
  return drawGrid([[clean, noisy]], { headers: ['clean', 'noisy'], columns: 1, ...options });
}

export interface InterpolationStripOptions {
  /** Images of the same size, decoded at equal steps from one code to another. */
  readonly images: readonly Image[];
  readonly caption: string;
}

/**
 * Draws the interpolation from one code to another as a row of images, each above its percentage, as SVG.
 *
 * @throws RangeError if there are fewer than two images, or their sizes differ
 */
export function interpolationStrip({ images, caption }: InterpolationStripOptions): string {
  if (images.length < 2)
    throw new RangeError(`An interpolation needs at least its two endpoints; found ${images.length} images.`);
  const titles = images.map((_, i) => `${Math.round((100 * i) / (images.length - 1))} %`);
  return imageGrid({ images, titles, columns: images.length, caption });
}

interface DrawOptions extends GridOptions {
  /** A line above each image of a cell, only in the first row. */
  readonly headers?: readonly string[];
  readonly titles?: readonly string[];
}

/** Distances in pixels. Things that belong together are closer. */
const GAP = { inCell: 4, images: 8, titled: 14, groups: 28, rows: 20, label: 7, caption: 20 };

/** Draws cells with one image or with several side by side. */
function drawGrid(cells: readonly (readonly Image[])[], options: DrawOptions): string {
  const { headers = [], titles = [], columns, caption } = options;
  const first = checkSizes(cells.flat());
  if (!Number.isInteger(columns) || columns < 1)
    throw new RangeError(`A grid needs a whole number of columns, at least 1; found ${columns}.`);
  const scale = options.scale ?? Math.max(1, Math.round(112 / first.width));
  if (!Number.isInteger(scale) || scale < 1)
    throw new RangeError(
      `The scale of a grid must be a whole number, at least 1, so that pixels stay square; found ${scale}.`,
    );

  const { margin, labelSize, captionSize, ink, faint } = STYLE;
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => textWidth(text, labelSize)));
  const imagesInCell = cells[0]!.length;
  const slotWidth = Math.max(first.width * scale, widest(headers));
  const imagesWidth = imagesInCell * slotWidth + (imagesInCell - 1) * GAP.inCell;
  const cellWidth = Math.max(imagesWidth, widest(titles));
  const imageHeight = first.height * scale;
  const labelHeight = GAP.label + labelSize;
  const headerHeight = headers.length > 0 ? labelHeight : 0;
  const titled = titles.length > 0;
  const cellHeight = imageHeight + (titled ? labelHeight : 0);
  const gap = {
    x: imagesInCell > 1 ? GAP.groups : titled ? GAP.titled : GAP.images,
    y: titled ? GAP.rows : GAP.images,
  };

  const inRow = Math.min(columns, cells.length);
  const rows = Math.ceil(cells.length / columns);
  const gridWidth = inRow * cellWidth + (inRow - 1) * gap.x;
  const gridBottom = margin + headerHeight + rows * cellHeight + (rows - 1) * gap.y;
  const width = 2 * margin + Math.max(gridWidth, caption ? textWidth(caption, captionSize) : 0);
  const captionBaseline = gridBottom + GAP.caption + captionSize;
  const height = margin + (caption ? captionBaseline : gridBottom);

  const content: string[] = [];
  cells.forEach((images, i) => {
    const left = margin + (i % columns) * (cellWidth + gap.x);
    const top = margin + headerHeight + Math.floor(i / columns) * (cellHeight + gap.y);
    images.forEach((image, j) => {
      const middle = left + (cellWidth - imagesWidth) / 2 + j * (slotWidth + GAP.inCell) + slotWidth / 2;
      if (headers[j] && i < columns)
        content.push(
          svgText(headers[j], { x: middle, y: top - GAP.label, size: labelSize, fill: faint, anchor: 'middle' }),
        );
      content.push(svgImage(image, Math.round(middle - (image.width * scale) / 2), top, scale));
    });
    if (titled) {
      const y = top + imageHeight + labelHeight;
      content.push(svgText(titles[i]!, { x: left + cellWidth / 2, y, size: labelSize, fill: ink, anchor: 'middle' }));
    }
  });
  if (caption) content.push(svgText(caption, { x: margin, y: captionBaseline, size: captionSize, fill: ink }));
  return svgDocument(width, height, caption ?? `${cells.length} images`, content);
}

function checkTitles(titles: readonly string[] = [], images: readonly Image[]): void {
  if (titles.length > 0) checkCount('A grid', 'titles', titles.length, 'images', images.length);
}

/**
 * Checks that all images have the same size, and returns the first image.
 *
 * @throws RangeError if their sizes differ, or there are no images
 */
export function checkSizes(images: readonly Image[]): Image {
  const [first] = images;
  if (!first) throw new RangeError('A grid needs at least one image.');
  for (const { width, height } of images)
    if (width !== first.width || height !== first.height)
      throw new RangeError(
        `The images of a grid must have the same size: the first is ${first.width} x ${first.height}, another ${width} x ${height}.`,
      );
  return first;
}
