/** The types that describe the WGSL beside them. */

/** How a kernel uses a buffer that it binds: `var<storage, read>`, `var<storage, read_write>` or `var<uniform>`. */
export type Access = 'read' | 'read_write' | 'uniform';

/**
 * The kind of a name in capitals: a `const` number or boolean, or words that replace the name (a type, an expression).
 */
export type Constant = 'number' | 'boolean' | 'words';

/** WGSL functions and their dependencies. */
export interface Functions {
  readonly text: string;
  /** Functions of other files that the text calls. */
  readonly calls?: readonly Functions[];
}

/** A kernel: WGSL with a function `main`, and everything that a call must supply. */
export interface Kernel extends Functions {
  /** Its buffers in order, from binding 0. */
  readonly bindings: Readonly<Record<string, Access>>;
  readonly constants: Readonly<Record<string, Constant>>;
  /**
   * A call sets the number of lanes, numbered `id.y * ROW + id.x`, or of workgroups, located by `unfolded(workgroup)`.
   */
  readonly grid: 'lanes' | 'workgroups';
  /** It computes WIDTH neighbouring elements at once, one or four: `T` is f32 or vec4f. Without it, `T` is f32. */
  readonly vector?: true;
  /** The lanes of a subgroup load for each other, with SUBGROUP, SUBGROUP_LANE and `BROADCAST(value, lane)`. */
  readonly subgroup?: true;
  /**
   * The functions that it calls and the lowering generates from the surrounding operations. `store` calls `epilogue`.
   */
  readonly fused?: readonly ('value' | 'epilogue' | 'store')[];
  /** The functions that it calls and each call supplies. */
  readonly given?: readonly string[];
}
