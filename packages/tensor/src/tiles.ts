import { matrixOf, multiplyAdds, type Product } from './product.ts';

/** Each lane computes its results by itself, from operands that it reads where they lie. */
export interface DirectTile {
  readonly kernel: 'direct';
  /** Of a workgroup. */
  readonly lanes: number;
  /** Output pixels a lane. A weight gradient's lane owns a weight's row instead. */
  readonly pixels: number;
  /** vec4f of output channels a lane. */
  readonly columns: number;
  /** Workgroups that should be busy before one adds all terms of its sums. */
  readonly workgroups: number;
}

/** The lanes of a workgroup copy the operands of a tile of results into workgroup memory and share them there. */
export interface TiledTile {
  readonly kernel: 'tiled';
  /** Of the results, a workgroup. */
  readonly rows: number;
  readonly columns: number;
  /** Terms of the sums that lie in workgroup memory at once. */
  readonly depth: number;
  /** Results a lane. */
  readonly laneRows: number;
  readonly laneColumns: number;
  /** Workgroups that should be busy before one adds all terms of its sums. */
  readonly workgroups: number;
}

/** How a product is computed. Every tile gives right numbers on every adapter; the order of the terms may differ. */
export type ProductTile = DirectTile | TiledTile;

/** Tile parameters of the kernels, whose text is the same for every adapter. Lanes are invocations of a workgroup. */
export interface Tiles {
  /** Lanes of a workgroup where a kernel has no number of its own. */
  readonly lanes: number;
  /** Lanes that share loads by broadcasting; 1: none do. */
  readonly subgroup: number;
  /** Lanes that should be busy in a reduction before one lane adds more terms. */
  readonly reductionLanes: number;
  /** Terms that a lane adds at the least, before a sum is split into partial sums. */
  readonly reductionTerms: number;
  /** Terms that a lane may add without adding up what rounding takes from their sum. */
  readonly reductionPlain: number;
  /** Terms that a lane reads at once. */
  readonly reductionAhead: number;
  /** Lanes of a workgroup that add one result together, at the most. */
  readonly reductionMembers: number;
  readonly direct: { readonly image: DirectTile; readonly weightGradient: DirectTile };
  readonly tiled: { readonly image: TiledTile; readonly weightGradient: TiledTile };
  /** What a product must have at the least to be computed through workgroup memory. */
  readonly tiledFrom: { readonly multiplyAdds: number; readonly columns: number };
}

/**
 * Up to this many multiply-adds a product takes a narrow direct tile: it is compiled for longer than it runs, and a wide
 * tile is a long program.
 */
const SMALL_PRODUCT = 2 ** 21;

/**
 * Measured on an NVIDIA H100. Of a convolution and its adjoint 64 to 128 rows by 32 columns are near the fastest for all layers of
 * the models; a weight gradient has few results and long sums, and wants many lanes for each.
 */
const TILED: Tiles['tiled'] = {
  image: { kernel: 'tiled', rows: 64, columns: 32, depth: 16, laneRows: 8, laneColumns: 4, workgroups: 256 },
  weightGradient: { kernel: 'tiled', rows: 64, columns: 64, depth: 16, laneRows: 4, laneColumns: 4, workgroups: 256 },
};

/**
 * CPU drivers run a lane per SIMD slot of two cores: few, long lanes with all the registers they can fill. A barrier costs them more than
 * shared loads save. Measured on lavapipe.
 */
const SOFTWARE: Omit<Tiles, 'subgroup'> = {
  lanes: 64,
  reductionLanes: 1024,
  reductionTerms: 64,
  reductionPlain: 256,
  reductionAhead: 1,
  reductionMembers: 1,
  direct: {
    image: { kernel: 'direct', lanes: 32, pixels: 4, columns: 4, workgroups: 0 },
    weightGradient: { kernel: 'direct', lanes: 8, pixels: 1, columns: 8, workgroups: 32 },
  },
  tiled: TILED,
  tiledFrom: { multiplyAdds: Number.POSITIVE_INFINITY, columns: 0 },
};

/** GPUs want many lanes, so that some compute while others wait for memory. */
const HARDWARE: Omit<Tiles, 'subgroup'> = {
  lanes: 64,
  reductionLanes: 524_288,
  reductionTerms: 32,
  reductionPlain: 0, // memory, not arithmetic, bounds a GPU's sums
  reductionAhead: 4,
  reductionMembers: 32,
  direct: {
    image: { kernel: 'direct', lanes: 64, pixels: 4, columns: 4, workgroups: 128 },
    weightGradient: { kernel: 'direct', lanes: 32, pixels: 1, columns: 4, workgroups: 1024 },
  },
  tiled: TILED,
  tiledFrom: { multiplyAdds: SMALL_PRODUCT, columns: 8 },
};

/** The tiles for an adapter whose subgroups have so many lanes (1 if that varies or there are none). */
export function tilesFor(kind: 'hardware' | 'software', subgroup: number): Tiles {
  // A GPU loads a value once for all lanes that ask for the same; a CPU driver loads it for each.
  if (kind === 'hardware') return { ...HARDWARE, subgroup: 1 };
  const { image, weightGradient } = SOFTWARE.direct;
  const lanes = Math.max(subgroup, weightGradient.lanes);
  return { ...SOFTWARE, subgroup, direct: { image, weightGradient: { ...weightGradient, lanes } } };
}

/** The tile of a product that no tuning knows. */
export function usualTile({ direct, tiled, tiledFrom }: Tiles, product: Product): ProductTile {
  const kind = product.role === 'weightGradient' ? 'weightGradient' : 'image';
  const size = multiplyAdds(product.geometry);
  if (size > tiledFrom.multiplyAdds && matrixOf(product).columns >= tiledFrom.columns) return tiled[kind];
  return size > SMALL_PRODUCT ? direct[kind] : { ...direct[kind], pixels: 1, columns: 2 };
}

/** Lanes of a workgroup. */
export const lanesOf = (tile: ProductTile): number =>
  tile.kernel === 'direct' ? tile.lanes : (tile.rows / tile.laneRows) * (tile.columns / tile.laneColumns);
