import type { Device } from './device.ts';
import { DeviceError } from './errors.ts';
import { reachable } from './fusion.ts';
import { tiledProduct } from './ops/conv2d.ts';
import { tiledImageParts, tiledPart } from './ops/tiled-product.ts';
import { uniformOnHost } from './philox.ts';
import type { Plan } from './plan.ts';
import { matrixOf, multiplyAdds, type Product, productKey } from './product.ts';
import { profile } from './profile.ts';
import { sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { type DirectTile, type ProductTile, type TiledTile, usualTile } from './tiles.ts';
import type { Tuning } from './tuning.ts';

/** The products in the graph under `tensors`, each once, the largest first. */
export function productsIn(tensors: readonly Tensor[]): Product[] {
  const products = new Map<string, Product>();
  for (const { node } of reachable(tensors)) {
    if (node?.kind === 'kernel' && node.product !== undefined) products.set(productKey(node.product), node.product);
  }
  return [...products.values()].sort((a, b) => multiplyAdds(b.geometry) - multiplyAdds(a.geometry));
}

export interface TuneOptions {
  /** Stop after so many seconds; products that are left take the tiles of the table. Default: none. */
  readonly seconds?: number;
  /** Called with the number of products that are measured. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How a product's candidates did. */
export interface TunedProduct {
  readonly product: Product;
  readonly tile: ProductTile;
  /** Least milliseconds of the tile, and of the table's. */
  readonly milliseconds: number;
  readonly usual: number;
  /** All that were timed. */
  readonly candidates: readonly { readonly tile: ProductTile; readonly milliseconds: number }[];
}

/** What is faster by less is noise: then the table's tile stays. */
const LEAST_GAIN = 0.05;
const ROUNDS = 5;

/**
 * Times the candidate tiles of each product on random numbers, in turn, and takes the fastest. The device should be one of its own:
 * it holds the pipelines of all candidates until it is destroyed.
 */
export async function tune(
  device: Device,
  products: readonly Product[],
  { seconds = Number.POSITIVE_INFINITY, onProgress = () => {} }: TuneOptions = {},
): Promise<TunedProduct[]> {
  const until = performance.now() + seconds * 1000;
  const tuned: TunedProduct[] = [];
  for (const product of products) {
    if (performance.now() > until) break;
    onProgress(tuned.length, products.length);
    const measured = await tuneProduct(device, product, until);
    if (measured !== undefined) tuned.push(measured);
  }
  onProgress(products.length, products.length);
  return tuned;
}

/** The tiles that were chosen, by product. */
export const tuningOf = (tuned: readonly TunedProduct[]): Tuning =>
  Object.fromEntries(tuned.map(({ product, tile }) => [productKey(product), tile]));

async function tuneProduct(device: Device, product: Product, until: number): Promise<TunedProduct | undefined> {
  const usual = usualTile(device.tiles, product);
  const [a, b] = operands(device, product);
  const candidates: { readonly tile: ProductTile; readonly plan: Plan; best: number }[] = [];
  const compiled = await Promise.allSettled(
    [usual, ...candidatesFor(product, usual)].map(async (tile) => {
      const plan = await device.compile({}, () => ({ outputs: { result: tiledProduct(product, a, b, tile) } }));
      return { tile, plan, best: Number.POSITIVE_INFINITY };
    }),
  );
  for (const result of compiled) {
    if (result.status === 'fulfilled') candidates.push(result.value);
    else if (!(result.reason instanceof DeviceError)) throw result.reason;
  }
  const free = (): void => {
    for (const { plan } of candidates) plan.destroy();
    for (const { storage } of [a, b]) device.free(storage!.buffer);
  };
  try {
    let left = candidates;
    for (let round = 0; round < ROUNDS && (round < 2 || performance.now() < until); round++) {
      for (const candidate of left) {
        const kernels = await profile(candidate.plan, {});
        const milliseconds = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
        // The first run of a kernel counts for nothing: it may wait for its code.
        if (round > 0) candidate.best = Math.min(candidate.best, milliseconds);
      }
      const least = Math.min(...left.map(({ best }) => best));
      // What is far behind is not measured again.
      if (round > 0) left = left.filter(({ tile, best }) => tile === usual || best < 1.5 * least);
    }
  } finally {
    free();
  }
  const table = candidates.find(({ tile }) => tile === usual);
  if (table === undefined) return undefined;
  const least = candidates.reduce((best, other) => (other.best < best.best ? other : best), table);
  const chosen = least.best < (1 - LEAST_GAIN) * table.best ? least : table;
  const timed = candidates.map(({ tile, best }) => ({ tile, milliseconds: best }));
  return { product, tile: chosen.tile, milliseconds: chosen.best, usual: table.best, candidates: timed };
}

/** Random numbers in the shapes of the product's operands. */
function operands(device: Device, { role, geometry }: Product): [a: Tensor, b: Tensor] {
  const { batch, large, small, window } = geometry;
  const [images, results, weights] = [
    [batch, ...large],
    [batch, ...small],
    [...window, large[2], small[2]],
  ];
  const shapes = { convolution: [images, weights], adjoint: [results, weights], weightGradient: [images, results] };
  const [a, b] = shapes[role].map((shape, seed) => random(device, shape, seed));
  return [a!, b!];
}

/** So many random numbers are drawn; larger tensors repeat them. */
const DRAWN = 2 ** 16;

function random(device: Device, shape: readonly number[], seed: number): Tensor {
  const size = sizeOf(shape);
  const drawn = uniformOnHost(Math.min(size, DRAWN), { seed });
  const values = new Float32Array(size);
  for (let start = 0; start < size; start += DRAWN) values.set(drawn.subarray(0, Math.min(DRAWN, size - start)), start);
  return device.tensor(values, shape);
}

type Extents = Omit<TiledTile, 'kernel' | 'workgroups'>;

/** Tiles through workgroup memory, of 64 to 256 lanes. */
const TILED: readonly Extents[] = [
  { rows: 128, columns: 128, depth: 8, laneRows: 8, laneColumns: 8 },
  { rows: 128, columns: 64, depth: 16, laneRows: 8, laneColumns: 8 },
  { rows: 64, columns: 64, depth: 16, laneRows: 8, laneColumns: 4 },
  { rows: 64, columns: 32, depth: 16, laneRows: 4, laneColumns: 4 },
  { rows: 128, columns: 32, depth: 16, laneRows: 8, laneColumns: 4 },
  { rows: 32, columns: 64, depth: 16, laneRows: 4, laneColumns: 4 },
];

/** Workgroups that a GPU's cores need at the least, and to even out its work. */
const BUSY = [256, 1024];

/** Tiles of a result with fewer of them leave most of a GPU idle, unless their many terms are split; the smallest are tried all the same. */
const LEAST_TILES = 16;
const SMALLEST = 64 * 32;

/** What may be faster than the table's tile. No tile is more than twice as wide as the result. */
function candidatesFor(product: Product, usual: ProductTile): ProductTile[] {
  const { rows, columns } = matrixOf(product);
  const fits = (extents: Extents): boolean => {
    const tiles = Math.ceil(rows / extents.rows) * Math.ceil(columns / extents.columns);
    const small = extents.rows * extents.columns <= SMALLEST;
    return (
      extents.columns < 2 * Math.max(columns, 17) &&
      (small || tiles >= LEAST_TILES || product.role === 'weightGradient')
    );
  };
  const tiled = TILED.filter(fits).flatMap((extents) =>
    BUSY.map((workgroups): TiledTile => ({ kernel: 'tiled', ...extents, workgroups })),
  );
  return [
    ...new Map(tiled.map((tile) => [splitOf(product, tile), tile])).values(),
    ...directCandidates(product, usual),
  ];
}

/** A tile's extents and how many parts it gives: what makes a difference between two tiles. */
function splitOf(product: Product, tile: TiledTile): string {
  const parts = product.role === 'weightGradient' ? tiledPart(product, tile) : tiledImageParts(product, tile);
  return JSON.stringify([tile.rows, tile.columns, tile.depth, parts]);
}

function directCandidates({ role }: Product, usual: ProductTile): DirectTile[] {
  const own: DirectTile =
    usual.kernel === 'direct' ? usual : { kernel: 'direct', lanes: 64, pixels: 4, columns: 4, workgroups: 128 };
  if (role === 'weightGradient')
    return [
      { ...own, columns: 2 },
      { ...own, columns: 8 },
      { ...own, workgroups: 1024 },
    ];
  return [
    { ...own, pixels: 1 },
    { ...own, pixels: 2 },
    { ...own, columns: 2 },
    { ...own, pixels: 8, columns: 2 },
    { ...own, lanes: 128 },
  ].filter((tile) => JSON.stringify(tile) !== JSON.stringify(usual));
}
