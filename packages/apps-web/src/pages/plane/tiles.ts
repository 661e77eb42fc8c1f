import type { Colours } from '../../kit/colours.ts';
import type { Decode } from '../../kit/film.tsx';
import { pixels } from '../../kit/pixels.ts';
import { type Size, toPlane, toScreen, type Viewport } from './viewport.ts';

/** Minimum width of a picture on the screen, in CSS pixels; the width is always less than twice this. */
const MIN_CELL = 36;
/** Pictures decoded at once: as many rows as the model takes in one batch. */
const BATCH = 128;
const BATCH_COLUMNS = 8;
/**
 * The maximum number of stored pictures, and of their pixels. At least `least` pictures are kept, more than fill a
 * screen. The oldest pictures are dropped first.
 */
const KEPT = { pictures: 7680, pixels: 2 ** 25, least: 1024 };
/** Coarser levels to show until the right pictures are decoded. */
const COARSER_LEVELS = 3;

interface Cell {
  readonly column: number;
  readonly row: number;
}

interface Tile {
  readonly atlas: HTMLCanvasElement;
  readonly x: number;
  readonly y: number;
}

/**
 * The decoded plane as a map: pictures at the points of a lattice whose spacing is a power of two. Panning decodes only
 * new pictures, and zooming shows coarser pictures until the finer ones are decoded.
 */
export class Tiles {
  private readonly decode: Decode;
  private readonly shape: readonly number[];
  private readonly colours: Colours;
  private readonly changed: () => void;
  private readonly tiles = new Map<string, Tile>();
  private readonly batches: string[][] = [];
  private busy = false;
  private stopped = false;
  private wanted: { readonly view: Viewport; readonly size: Size } | undefined;

  /** @param changed called when there is more to draw */
  constructor(decode: Decode, shape: readonly number[], colours: Colours, changed: () => void) {
    this.decode = decode;
    this.shape = shape;
    this.colours = colours;
    this.changed = changed;
  }

  /** Draws the decoded pictures, and decodes the missing ones from the middle outwards. */
  draw(context: CanvasRenderingContext2D, view: Viewport, size: Size): void {
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    const level = levelOf(view, size);
    const complete = cellsIn(view, size, level).every((cell) => this.tiles.has(keyOf(level, cell)));
    for (let coarser = complete ? 0 : COARSER_LEVELS; coarser >= 0; coarser--) {
      const spacing = 2 ** (level + coarser);
      const side = (spacing / view.span) * size.width;
      for (const cell of cellsIn(view, size, level + coarser)) {
        const tile = this.tiles.get(keyOf(level + coarser, cell));
        if (tile === undefined) continue;
        const [x, y] = toScreen(view, size, [cell.column * spacing, cell.row * spacing]);
        const [height, width] = this.shape as [number, number];
        // Half a pixel of overlap hides the seams.
        context.drawImage(
          tile.atlas,
          tile.x,
          tile.y,
          width,
          height,
          x - side / 2,
          y - side / 2,
          side + 0.5,
          side + 0.5,
        );
      }
    }
    this.wanted = { view, size };
    if (!complete) void this.fill();
  }

  stop(): void {
    this.stopped = true;
  }

  private async fill(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let missing = this.missing(); missing.length > 0 && !this.stopped; missing = this.missing()) {
        const batch = missing.slice(0, BATCH);
        const rows = await this.decode(Float32Array.from(batch.flatMap(({ point }) => point)));
        this.store(
          batch.map(({ key }) => key),
          rows,
        );
        if (!this.stopped) this.changed();
      }
    } finally {
      this.busy = false;
    }
  }

  /** The visible pictures that are not yet decoded, from the middle outwards. */
  private missing(): { key: string; point: [number, number] }[] {
    const { view, size } = this.wanted!;
    const level = levelOf(view, size);
    const spacing = 2 ** level;
    const far = ({ column, row }: Cell): number =>
      Math.hypot(column * spacing - view.centre[0], row * spacing - view.centre[1]);
    return cellsIn(view, size, level)
      .filter((cell) => !this.tiles.has(keyOf(level, cell)))
      .sort((a, b) => far(a) - far(b))
      .map((cell) => ({ key: keyOf(level, cell), point: [cell.column * spacing, cell.row * spacing] }));
  }

  private store(keys: string[], rows: Float32Array): void {
    const [height, width] = this.shape as [number, number];
    const atlas = document.createElement('canvas');
    Object.assign(atlas, { width: BATCH_COLUMNS * width, height: Math.ceil(keys.length / BATCH_COLUMNS) * height });
    const context = atlas.getContext('2d')!;
    keys.forEach((key, i) => {
      const tile = { atlas, x: (i % BATCH_COLUMNS) * width, y: Math.floor(i / BATCH_COLUMNS) * height };
      context.putImageData(pixels(rows, i, this.shape, this.colours), tile.x, tile.y);
      this.tiles.set(key, tile);
    });
    this.batches.push(keys);
    const most = Math.max(KEPT.least, Math.min(KEPT.pictures, KEPT.pixels / (height * width)));
    while (this.tiles.size > most) for (const key of this.batches.shift()!) this.tiles.delete(key);
  }
}

/** The base-2 logarithm of the smallest lattice spacing at which pictures are at least `MIN_CELL` wide. */
const levelOf = ({ span }: Viewport, { width }: Size): number => Math.ceil(Math.log2((MIN_CELL * span) / width));

function cellsIn(view: Viewport, size: Size, level: number): Cell[] {
  const spacing = 2 ** level;
  const [left, top] = toPlane(view, size, [0, 0]);
  const [right, bottom] = toPlane(view, size, [size.width, size.height]);
  const cells: Cell[] = [];
  for (let row = Math.round(bottom / spacing); row <= Math.round(top / spacing); row++) {
    for (let column = Math.round(left / spacing); column <= Math.round(right / spacing); column++) {
      cells.push({ column, row });
    }
  }
  return cells;
}

const keyOf = (level: number, { column, row }: Cell): string => `${level}:${column}:${row}`;
