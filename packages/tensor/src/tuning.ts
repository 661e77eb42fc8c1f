import { type Product, productKey, shapeKey } from './product.ts';
import type { DirectTile, ProductTile, TiledTile } from './tiles.ts';

/** The tile to use for each product on an adapter, by {@link productKey}. */
export type Tuning = Readonly<Record<string, ProductTile>>;

/** A tile measured for a batch up to this many times larger or smaller need not be measured again. */
const NEAR = 4;

/** Whether a tuning has a product, with its own batch size or one close to it. */
export function isTuned(tuning: Tuning, product: Product): boolean {
  const nearest = nearestKey(tuning, product);
  return nearest !== undefined && distance(nearest, product) <= Math.log(NEAR);
}

/** The tile of a product, or of the same product with the nearest batch size; undefined if the tuning has neither. */
export function tunedTile(tuning: Tuning, product: Product): ProductTile | undefined {
  const nearest = nearestKey(tuning, product);
  return nearest === undefined ? undefined : tuning[nearest];
}

function nearestKey(tuning: Tuning, product: Product): string | undefined {
  const exact = productKey(product);
  if (exact in tuning) return exact;
  const shape = `${shapeKey(product)} `;
  const same = Object.keys(tuning).filter((key) => key.startsWith(shape));
  return same.sort((a, b) => distance(a, product) - distance(b, product))[0];
}

const distance = (key: string, { geometry }: Product): number =>
  Math.abs(Math.log(Number(key.slice(key.lastIndexOf(' ') + 1)) / geometry.batch));

/** A workgroup's lanes, workgroup memory and registers stay within the limits that WebGPU guarantees everywhere. */
const LARGEST_LANES = 256;
const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Checks a tuning read from a file. @returns undefined if it is not a tuning, or has a tile that no kernel supports */
export function parseTuning(value: unknown): Tuning | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.values(value).every(isTile) ? (value as Tuning) : undefined;
}

function isTile(value: unknown): value is ProductTile {
  if (typeof value !== 'object' || value === null) return false;
  const { kernel, workgroups } = value as ProductTile;
  if (!Number.isInteger(workgroups) || workgroups < 0 || workgroups > 65_535) return false;
  if (kernel === 'direct') {
    const { lanes, pixels, columns } = value as DirectTile;
    return POWERS.includes(lanes) && [pixels, columns].every((extent) => POWERS.includes(extent) && extent <= 8);
  }
  const { rows, columns, depth, laneRows, laneColumns } = value as TiledTile;
  return (
    kernel === 'tiled' &&
    [rows, columns].every((extent) => POWERS.includes(extent) && extent >= 4) &&
    [laneRows, laneColumns].every((extent) => extent === 4 || extent === 8) &&
    [8, 16, 32].includes(depth) &&
    rows >= laneRows &&
    columns >= laneColumns &&
    (rows / laneRows) * (columns / laneColumns) <= LARGEST_LANES &&
    rows + columns <= 256
  );
}
