import { matrixOf, multiplyAdds, type Product } from './product.ts';

/** Each lane computes its results independently, from operands that it reads directly from buffers. */
export interface DirectTile {
  readonly kernel: 'direct';
  /** Lanes per workgroup. */
  readonly lanes: number;
  /** Output pixels per lane. For a weight gradient, each lane owns a row of the weights instead. */
  readonly pixels: number;
  /** vec4f of output channels per lane. */
  readonly columns: number;
  /** Workgroups that should be busy; if there are fewer, sums are split between workgroups. */
  readonly workgroups: number;
}

/** The lanes of a workgroup copy the operands of a tile of results into workgroup memory and share them there. */
export interface TiledTile {
  readonly kernel: 'tiled';
  /** Rows and columns of results per workgroup. */
  readonly rows: number;
  readonly columns: number;
  /** Terms of the sums in workgroup memory at once. */
  readonly depth: number;
  /** Rows and columns of results per lane. */
  readonly laneRows: number;
  readonly laneColumns: number;
  /** Workgroups that should be busy; if there are fewer, sums are split between workgroups. */
  readonly workgroups: number;
}

/** How a product is computed. Every tile gives correct results on every adapter; the order of the terms may differ. */
export type ProductTile = DirectTile | TiledTile;

/** Tile parameters of the kernels, whose text is the same for every adapter. Lanes are invocations of a workgroup. */
export interface Tiles {
  /** Lanes per workgroup, for kernels that do not set their own number. */
  readonly lanes: number;
  /** Lanes that share loads by broadcasting; 1 if none do. */
  readonly subgroup: number;
  /** Lanes that should be busy in a reduction; if there are fewer, it is split into partial results. */
  readonly reductionLanes: number;
  /** Minimum terms that a lane adds when a sum is split into partial sums. */
  readonly reductionTerms: number;
  /** Maximum terms that a lane adds without compensating for rounding errors. */
  readonly reductionPlain: number;
  /** Terms that a lane reads at once. */
  readonly reductionAhead: number;
  /** Maximum lanes of a workgroup that add up one result together. */
  readonly reductionMembers: number;
  readonly direct: { readonly image: DirectTile; readonly weightGradient: DirectTile };
  readonly tiled: { readonly image: TiledTile; readonly weightGradient: TiledTile };
  /** The minimum size of a product that is computed through workgroup memory. */
  readonly tiledFrom: { readonly multiplyAdds: number; readonly columns: number };
}

/**
 * A product of up to this many multiply-adds uses a narrow direct tile: it takes longer to compile than to run, and a
 * wide tile is a long program.
 */
const SMALL_PRODUCT = 2 ** 21;

/**
 * Measured on an NVIDIA H100. For a convolution and its adjoint, 64 to 128 rows by 32 columns are close to the fastest
 * for all layers of the models. A weight gradient has few results and long sums, and needs many lanes for each result.
 */
const TILED: Tiles['tiled'] = {
  image: { kernel: 'tiled', rows: 64, columns: 32, depth: 16, laneRows: 8, laneColumns: 4, workgroups: 256 },
  weightGradient: { kernel: 'tiled', rows: 64, columns: 64, depth: 16, laneRows: 4, laneColumns: 4, workgroups: 256 },
};

/**
 * CPU drivers run one lane per SIMD slot of two cores, so they need few, long lanes that fill all registers. A barrier
 * costs more than shared loads save. Measured on lavapipe.
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

/** GPUs need many lanes, so that some compute while others wait for memory. */
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

/** The tiles for an adapter whose subgroups have `subgroup` lanes (1 if this varies or there are no subgroups). */
export function tilesFor(kind: 'hardware' | 'software', subgroup: number): Tiles {
  // A GPU loads a value once for all lanes that read it; a CPU driver loads it for each lane.
  if (kind === 'hardware') return { ...HARDWARE, subgroup: 1 };
  const { image, weightGradient } = SOFTWARE.direct;
  const lanes = Math.max(subgroup, weightGradient.lanes);
  return { ...SOFTWARE, subgroup, direct: { image, weightGradient: { ...weightGradient, lanes } } };
}

/** The tile of a product that is not in the tuning. */
export function usualTile({ direct, tiled, tiledFrom }: Tiles, product: Product): ProductTile {
  const kind = product.role === 'weightGradient' ? 'weightGradient' : 'image';
  const work = multiplyAdds(product.geometry);
  if (work > tiledFrom.multiplyAdds && matrixOf(product).columns >= tiledFrom.columns) return tiled[kind];
  return work > SMALL_PRODUCT ? direct[kind] : { ...direct[kind], pixels: 1, columns: 2 };
}

/** Lanes per workgroup. */
export const lanesOf = (tile: ProductTile): number =>
  tile.kernel === 'direct' ? tile.lanes : (tile.rows / tile.laneRows) * (tile.columns / tile.laneColumns);
