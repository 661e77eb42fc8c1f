/** What TypeScript knows of the WGSL that lies beside it. */

/** How a kernel uses a buffer that it binds: `var<storage, read>`, `var<storage, read_write>` or `var<uniform>`. */
export type Access = 'read' | 'read_write' | 'uniform';

/** What a name in capitals stands for: a `const` that is a number or a truth value, or words that replace it (a type, an expression). */
export type Constant = 'number' | 'boolean' | 'words';

/** WGSL functions, and what they need. */
export interface Functions {
  readonly text: string;
  /** Functions of other files that they call. */
  readonly calls?: readonly Functions[];
}

/** A kernel: WGSL with a function `main`, and what it needs. */
export interface Kernel extends Functions {
  /** Its buffers from binding 0 on, in this order. */
  readonly bindings: Readonly<Record<string, Access>>;
  readonly constants: Readonly<Record<string, Constant>>;
  /** How many of it run: so many lanes, numbered `id.y * ROW + id.x`; or so many workgroups, each at `unfolded(workgroup)`. */
  readonly grid: 'lanes' | 'workgroups';
  /** It computes WIDTH neighbouring elements at once, one or four: `T` is f32 or vec4f. */
  readonly vector?: true;
  /** Lanes of a subgroup load for each other: SUBGROUP of them, SUBGROUP_LANE and `BROADCAST(value, lane)`. */
  readonly subgroup?: true;
  /** Of the functions that the lowering writes from the operations around the kernel, those that it calls. `store` calls the epilogue. */
  readonly fused?: readonly ('value' | 'epilogue' | 'store')[];
  /** Functions that it calls and each dispatch brings. */
  readonly given?: readonly string[];
}
