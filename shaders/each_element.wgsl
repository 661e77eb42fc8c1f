// A user-defined kernel: output[e] = epilogue(e, element(e)), one element per lane. `bind` names every input, because
// drivers drop inputs that nothing names.

@group(0) @binding(0) var<storage, read_write> output: array<OUT>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  bind();
  let e = id.y * ROW + id.x;
  if (e < SIZE) { output[e] = epilogue(e, element(e)); }
}
