/** Maximum workgroups of a dispatch along one dimension. */
const MAX_WORKGROUPS = 65_535;

type Extents = readonly [number, number, number];

/**
 * The workgroups to dispatch for a grid of `extents`, and the WGSL that maps a workgroup to its place in the grid.
 * Folding may add workgroups; their place is beyond the depth.
 */
export function foldedGrid(extents: Extents): { readonly workgroups: Extents; readonly unfolded: string } {
  const [across, down, deep] = extents;
  const signature = 'fn unfolded(workgroup: vec3u) -> vec3u';
  if (Math.max(...extents) <= MAX_WORKGROUPS)
    return { workgroups: extents, unfolded: `${signature} { return workgroup; }` };
  const { row, rows } = folded(across * down * deep);
  const number = `let number = workgroup.y * ${row}u + workgroup.x;`;
  const at = `vec3u(number % ${across}u, number / ${across}u % ${down}u, number / ${across * down}u)`;
  return { workgroups: [row, rows, 1], unfolded: `${signature} { ${number} return ${at}; }` };
}

/** Folds `groups` workgroups into `rows` rows along y, each with `row` workgroups along x. */
export function folded(groups: number): { readonly row: number; readonly rows: number } {
  const rows = Math.ceil(groups / MAX_WORKGROUPS);
  return { row: Math.ceil(groups / rows), rows };
}
