// Rows chosen by index:  output[i, e] = epilogue( rows[indices[i], e] ), WIDTH neighbouring elements per lane.
//
// An index beyond the last row gives NaN. Rows hold numbers, or bytes packed four to a word (WIDTH is 4 only where rows
// are whole words); ROW_VALUE reads either.

@group(0) @binding(0) var<storage, read> rows: array<ROW_T>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<T>;
@group(0) @binding(3) var<uniform> first_row: u32;
@group(0) @binding(4) var<uniform> none: u32; // the bits of NaN, which WGSL source cannot express

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  let e = lane * WIDTH;
  if (e >= SIZE) { return; }
  let row = indices[first_row + e / ROW_SIZE];
  let first = min(row, ROWS - 1u) * ROW_SIZE + e % ROW_SIZE;
  output[lane] = epilogue(e, select(T(bitcast<f32>(none)), ROW_VALUE, row < ROWS));
}

fn unpacked(word: u32) -> vec4f {
  return vec4f((vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u));
}
