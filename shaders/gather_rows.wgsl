// Rows of bytes, four to a word, as numbers:  output[i, e] = epilogue( bytes[indices[i], e] )

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<T>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  let e = lane * WIDTH;
  if (e >= SIZE) { return; }
  let first = indices[e / ROW_SIZE] * ROW_SIZE + e % ROW_SIZE;
  // WIDTH is 4 only where rows are whole words; else VALUES is the one byte wanted.
  let word = bytes[first / 4u] >> (first % 4u * 8u);
  let values = vec4f((vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u));
  output[lane] = epilogue(e, VALUES);
}
