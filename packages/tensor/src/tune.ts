import type { Device } from './device.ts';
import { reachable } from './graph.ts';
import { tiledProduct } from './ops/conv2d.ts';
import { directImageParts, directPart } from './ops/direct-product.ts';
import { tiledImageParts, tiledPart } from './ops/tiled-product.ts';
import { uniformOnHost } from './philox.ts';
import type { Plan } from './plan.ts';
import { matrixOf, multiplyAdds, type Product, productKey } from './product.ts';
import { profile } from './profile.ts';
import { sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { type DirectTile, type ProductTile, type TiledTile, type Tiles, usualTile } from './tiles.ts';
import type { Tuning } from './tuning.ts';

/** The products in the graph under `tensors`, each once, largest first. */
export function productsIn(tensors: readonly Tensor[]): Product[] {
  const products = new Map<string, Product>();
  for (const { node } of reachable(tensors)) {
    if (node?.kind === 'kernel' && node.product !== undefined) products.set(productKey(node.product), node.product);
  }
  return [...products.values()].sort((a, b) => multiplyAdds(b.geometry) - multiplyAdds(a.geometry));
}

/** The options of {@link tune}. */
export interface TuneOptions {
  /**
   * The time limit in seconds from the call. Tuning stops before a product that may exceed it, judged by the slowest
   * product so far. Default: no limit.
   */
  readonly seconds?: number | undefined;
  /**
   * Called before each product with the number of products measured so far, and at the end with `total`, even if time
   * ran out.
   */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The result of tuning one product. */
export interface TunedProduct {
  readonly product: Product;
  readonly tile: ProductTile;
  /** Minimum milliseconds of the tile, and of the table's tile. */
  readonly milliseconds: number;
  readonly usual: number;
  /** All timed candidates. */
  readonly candidates: readonly { readonly tile: ProductTile; readonly milliseconds: number }[];
}

/** The minimum gain, as a share of the time. A smaller gain is noise, so the table's tile is kept. */
const LEAST_GAIN = 0.05;
const ROUNDS = 5;
/** Milliseconds of work before measurements count: an idle GPU's clocks are slow and take time to rise. */
const WARM_UP = 200;

/**
 * Times the candidate tiles of each product in turn on random numbers, and chooses the fastest. Use a separate device:
 * it holds the pipelines of all candidates until it is destroyed.
 */
export async function tune(
  device: Device,
  products: readonly Product[],
  { seconds = Number.POSITIVE_INFINITY, onProgress = () => {} }: TuneOptions = {},
): Promise<TunedProduct[]> {
  const until = performance.now() + seconds * 1000;
  const tuned: TunedProduct[] = [];
  let slowest = 0;
  for (const product of products) {
    const begun = performance.now();
    if (begun + slowest >= until) break;
    onProgress(tuned.length, products.length);
    tuned.push(await tuneProduct(device, product));
    slowest = Math.max(slowest, performance.now() - begun);
  }
  onProgress(products.length, products.length);
  return tuned;
}

/**
 * The tiles of products by {@link productKey}: the fastest tile of each product in `tuned`. A product that is not in
 * `tuned`, because time ran out, gets the tile that `device` uses.
 */
export function tuningOf(device: Device, products: readonly Product[], tuned: readonly TunedProduct[]): Tuning {
  const tiles = new Map(products.map((product) => [productKey(product), device.tileOf(product)]));
  for (const { product, tile } of tuned) tiles.set(productKey(product), tile);
  return Object.fromEntries(tiles);
}

interface Candidate {
  readonly tile: ProductTile;
  readonly plan: Plan;
  /** Minimum milliseconds so far. */
  best: number;
}

async function tuneProduct(device: Device, product: Product): Promise<TunedProduct> {
  const [a, b] = operands(device, product);
  const compile = async (tile: ProductTile): Promise<Candidate> => {
    const plan = await device.compile({}, () => ({ outputs: { result: tiledProduct(product, a, b, tile) } }));
    return { tile, plan, best: Number.POSITIVE_INFINITY };
  };
  const usual = await compile(usualTile(device.tiles, product));
  const others = Promise.allSettled(candidatesFor(device.tiles, product, usual.tile).map(compile));
  await keepBusy(usual.plan, others);
  // A tile that this adapter can't compile or has no memory for is not a candidate.
  const compiled = (await others).flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const candidates = [usual, ...compiled];
  try {
    let left = candidates;
    for (let round = 0; round < ROUNDS; round++) {
      for (const candidate of left) {
        const kernels = await profile(candidate.plan, {});
        candidate.best = Math.min(
          candidate.best,
          kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
        );
      }
      const least = Math.min(...left.map(({ best }) => best));
      // A first run may include loading the kernels. After two runs, candidates that are far behind are dropped.
      if (round > 0) left = left.filter((candidate) => candidate === usual || candidate.best < 1.5 * least);
    }
  } finally {
    for (const { plan } of candidates) plan.destroy();
    for (const { storage } of [a, b]) device.memory.free(storage!.buffer); // garbage collection may come late
  }
  const least = candidates.reduce((best, other) => (other.best < best.best ? other : best), usual);
  const chosen = least.best < (1 - LEAST_GAIN) * usual.best ? least : usual;
  const timed = candidates.map(({ tile, best }) => ({ tile, milliseconds: best }));
  return { product, tile: chosen.tile, milliseconds: chosen.best, usual: usual.best, candidates: timed };
}

/** Runs a plan repeatedly until `other` is done and the adapter has warmed up. */
async function keepBusy(plan: Plan, other: Promise<unknown>): Promise<void> {
  let done = false;
  void other.then(() => {
    done = true;
  });
  const until = performance.now() + WARM_UP;
  while (!done || performance.now() < until) {
    plan.run({});
    await plan.device.finished();
  }
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

/** How many random numbers are drawn; larger tensors repeat them. */
const DRAWN = 2 ** 16;

function random(device: Device, shape: readonly number[], seed: number): Tensor {
  const size = sizeOf(shape);
  const drawn = uniformOnHost(Math.min(size, DRAWN), { seed });
  const values = new Float32Array(size);
  for (let start = 0; start < size; start += DRAWN) values.set(drawn.subarray(0, Math.min(DRAWN, size - start)), start);
  return device.tensor(values, shape);
}

type Extents = Omit<TiledTile, 'kernel' | 'workgroups'>;

/** Tiles through workgroup memory, of 64 to 256 lanes; each was the fastest for some product on some adapter. */
const TILED: readonly Extents[] = [
  { rows: 128, columns: 128, depth: 16, laneRows: 8, laneColumns: 8 },
  { rows: 128, columns: 64, depth: 16, laneRows: 8, laneColumns: 8 },
  { rows: 64, columns: 64, depth: 16, laneRows: 8, laneColumns: 8 },
  { rows: 64, columns: 64, depth: 16, laneRows: 4, laneColumns: 4 },
  { rows: 128, columns: 32, depth: 16, laneRows: 8, laneColumns: 4 },
  { rows: 128, columns: 32, depth: 8, laneRows: 8, laneColumns: 8 },
  { rows: 64, columns: 32, depth: 16, laneRows: 8, laneColumns: 4 },
];

/** Numbers of workgroups: enough to keep a GPU busy, and enough to balance its load. */
const BUSY = [256, 1024];
/** A result with fewer tiles leaves most of a GPU idle, unless its sums have many terms and are split. */
const LEAST_TILES = 32;
const SMALLEST = 64 * 32;

/** The tiles that may be faster than the table's. No tile is more than twice as wide as the result. */
function candidatesFor({ direct }: Tiles, product: Product, usual: ProductTile): ProductTile[] {
  const { role } = product;
  const { rows, columns } = matrixOf(product);
  const fits = (extents: Extents): boolean => {
    const tiles = Math.ceil(rows / extents.rows) * Math.ceil(columns / extents.columns);
    const many = extents.rows * extents.columns <= SMALLEST || tiles >= LEAST_TILES || role === 'weightGradient';
    return many && extents.columns < 2 * Math.max(columns, 17);
  };
  const tiled = TILED.filter(fits).flatMap((extents) =>
    BUSY.map((workgroups): TiledTile => ({ kernel: 'tiled', ...extents, workgroups })),
  );
  const directly: DirectTile[] =
    role === 'weightGradient'
      ? [direct.weightGradient]
      : [direct.image, { ...direct.image, pixels: 1 }, { ...direct.image, pixels: 1, columns: 2 }];
  const own = splitOf(product, usual);
  const candidates = new Map([...tiled, ...directly].map((tile) => [splitOf(product, tile), tile]));
  return [...candidates].flatMap(([split, tile]) => (split === own ? [] : [tile]));
}

/** A key of a tile's extents and parts. Tiles with equal keys do not differ. */
function splitOf(product: Product, { workgroups, ...extents }: ProductTile): string {
  const tile = { workgroups, ...extents } as ProductTile;
  const gradient = product.role === 'weightGradient';
  if (tile.kernel === 'direct')
    return JSON.stringify([extents, gradient ? directPart(product, tile) : directImageParts(product, tile)]);
  return JSON.stringify([extents, gradient ? tiledPart(product, tile) : tiledImageParts(product, tile)]);
}
