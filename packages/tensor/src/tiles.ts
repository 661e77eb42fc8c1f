/**
 * Tile parameters of the kernels, whose text is the same for every adapter. Those for software were measured on lavapipe; those
 * for hardware are reckoned.
 * Lanes are invocations of a workgroup; columns are vec4f of channels.
 */
export interface Tiles {
  /** Lanes of a workgroup where a kernel has no number of its own. */
  readonly lanes: number;
  /** Lanes that share loads by broadcasting; 1: none do. */
  readonly subgroup: number;
  /** Lanes that should be busy in a reduction before one lane adds more terms. */
  readonly reductionLanes: number;
  /** Lanes that add partial sums of one result together, at the most. */
  readonly reductionMembers: number;
  /** Lanes that should be busy in a product before one lane adds all input channels. */
  readonly productLanes: number;
  readonly convolutionLanes: number;
  /** Output pixels a lane. */
  readonly convolutionPixels: number;
  readonly convolutionColumns: number;
  readonly gradientLanes: number;
  readonly gradientColumns: number;
  /** Workgroups that should be busy in a weight gradient before one walks more pixels. */
  readonly gradientWorkgroups: number;
}

/**
 * Up to this many multiply-adds a product takes the narrow tiles below: it is compiled for longer than it runs, and a wide
 * tile is a long program.
 */
const SMALL_PRODUCT = 2 ** 21;

/** The tiles for a product of so many multiply-adds. */
export const tilesForProduct = (tiles: Tiles, multiplyAdds: number): Tiles =>
  multiplyAdds > SMALL_PRODUCT ? tiles : { ...tiles, convolutionPixels: 1, convolutionColumns: 2, gradientColumns: 2 };

/** CPU drivers run a lane per SIMD slot of two cores: few, long lanes with all the registers they can fill. */
const SOFTWARE: Omit<Tiles, 'subgroup'> = {
  lanes: 64,
  reductionLanes: 1024,
  reductionMembers: 1,
  productLanes: 1,
  convolutionLanes: 32,
  convolutionPixels: 4,
  convolutionColumns: 4,
  gradientLanes: 8,
  gradientColumns: 8,
  gradientWorkgroups: 32,
};

/** GPUs want many lanes, so that some compute while others wait for memory. */
const HARDWARE: Omit<Tiles, 'subgroup'> = {
  lanes: 64,
  reductionLanes: 65_536,
  reductionMembers: 32,
  productLanes: 8192,
  convolutionLanes: 64,
  convolutionPixels: 4,
  convolutionColumns: 4,
  gradientLanes: 32,
  gradientColumns: 4,
  gradientWorkgroups: 4096,
};

/** The tiles for an adapter whose subgroups have so many lanes (1 if that varies or there are none). */
export const tilesFor = (kind: 'hardware' | 'software', subgroup: number): Tiles =>
  // A GPU loads a value once for all lanes that ask for the same; a CPU driver loads it for each.
  kind === 'software'
    ? { ...SOFTWARE, subgroup, gradientLanes: Math.max(subgroup, SOFTWARE.gradientLanes) }
    : { ...HARDWARE, subgroup: 1 };
