/**
 * Pictures that a shipped model decoded in advance, side by side in one image file. `scripts/draw-sheets.ts` draws
 * them.
 */
export interface Sheet {
  readonly file: string;
  readonly columns: number;
  readonly rows: number;
  /** Shape of one picture: [height, width, channels]. */
  readonly shape: readonly [number, number, 1 | 3];
}

/**
 * The latent plane of `fashion-vae`, with its origin in the middle. Neighbouring pictures are SPACING apart on the
 * plane.
 */
export const GARMENTS: Sheet = { file: 'pictures/garments.webp', columns: 25, rows: 20, shape: [28, 28, 1] };
export const SPACING = 0.2;

/** The faces that `sample cartoon-vae --seed 0` draws. */
export const FACES: Sheet = { file: 'pictures/faces.webp', columns: 5, rows: 5, shape: [128, 128, 3] };

/** The straight line between the codes of two of {@link FACES}. */
export const FACES_ON_LINE: Sheet = { file: 'pictures/faces-on-line.webp', columns: 32, rows: 1, shape: [128, 128, 3] };

/** Shape of the whole sheet as one picture. */
export const shapeOf = ({ columns, rows, shape: [height, width, channels] }: Sheet): [number, number, 1 | 3] => [
  rows * height,
  columns * width,
  channels,
];

/** The pictures of a sheet, row by row: [n, ...shape]. @throws DOMException if the file can't be loaded */
export async function readPictures(sheet: Sheet): Promise<Float32Array> {
  const { columns, rows } = sheet;
  const positions = Array.from({ length: columns * rows }, (_, i) => [i % columns, Math.floor(i / columns)]);
  return mixed(sheet, await readSheet(sheet), Float32Array.from(positions.flat()));
}

/**
 * The sheet as one row of numbers in [0, 1], of shape {@link shapeOf}.
 *
 * @throws DOMException if the file can't be loaded
 */
export async function readSheet(sheet: Sheet): Promise<Float32Array> {
  const image = new Image();
  image.src = sheet.file;
  await image.decode();
  const [height, width, channels] = shapeOf(sheet);
  const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d')!;
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return Float32Array.from(
    { length: height * width * channels },
    (_, i) => data[4 * Math.floor(i / channels) + (i % channels)]! / 255,
  );
}

/**
 * Pictures between those of a sheet, each a mixture of the four nearest.
 *
 * @param pixels from {@link readSheet}
 * @param positions [n, 2]: columns and rows of the sheet, from 0; those outside are moved to its border
 * @returns [n, ...shape]
 */
export function mixed(sheet: Sheet, pixels: Float32Array, positions: Float32Array): Float32Array {
  const { columns, rows, shape } = sheet;
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const mixtures = new Float32Array((positions.length / 2) * size);
  for (let n = 0; n < positions.length / 2; n++) {
    for (const [column, across] of neighbours(positions[2 * n]!, columns))
      for (const [row, down] of neighbours(positions[2 * n + 1]!, rows))
        for (let i = 0; i < size; i++) {
          const [y, x] = [Math.floor(i / (width * channels)), i % (width * channels)];
          const at = (row * height + y) * columns * width * channels + column * width * channels + x;
          mixtures[n * size + i]! += across * down * pixels[at]!;
        }
  }
  return mixtures;
}

/** The two whole numbers around a position among `count`, and the weight of each. */
function neighbours(position: number, count: number): [number, number][] {
  const within = Math.min(count - 1, Math.max(0, position));
  const low = Math.floor(within);
  return [
    [low, 1 - (within - low)],
    [Math.min(low + 1, count - 1), within - low],
  ];
}
