/** What TypeScript knows of the WGSL that lies beside it. */

/** How a kernel uses a buffer that it binds: `var<storage, read>`, `var<storage, read_write>` or `var<uniform>`. */
export type Access = 'read' | 'read_write' | 'uniform';

/** What a name in capitals is: a `const` number or truth value, or words that replace the name (a type, an expression). */
export type Constant = 'number' | 'boolean' | 'words';

/** WGSL functions, and what they need. */
export interface Functions {
  readonly text: string;
  /** Functions of other files that the text calls. */
  readonly calls?: readonly Functions[];
}

/** A kernel: WGSL with a function `main`, and what it needs. */
export interface Kernel extends Functions {
  /** Its buffers from binding 0 on, in this order. */
  readonly bindings: Readonly<Record<string, Access>>;
  readonly constants: Readonly<Record<string, Constant>>;
  /** A call gives the number of lanes, numbered `id.y * ROW + id.x`, or of workgroups, each at `unfolded(workgroup)`. */
  readonly grid: 'lanes' | 'workgroups';
  /** It computes WIDTH neighbouring elements at once, one or four: `T` is f32 or vec4f. Otherwise `T` is f32. */
  readonly vector?: true;
  /** The lanes of a subgroup load for each other, by SUBGROUP, SUBGROUP_LANE and `BROADCAST(value, lane)`. */
  readonly subgroup?: true;
  /** The functions that it calls and the lowering writes from the operations around it. `store` calls `epilogue`. */
  readonly fused?: readonly ('value' | 'epilogue' | 'store')[];
  /** The functions that it calls and each call of it gives. */
  readonly given?: readonly string[];
}
