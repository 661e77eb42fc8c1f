// Any number of fused element-wise operations:  output[e] = value(e), WIDTH neighbouring elements per lane.

@group(0) @binding(0) var<storage, read_write> output: array<T>;
@group(0) @binding(1) var<uniform> size: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane >= size / WIDTH) { return; }
  output[lane] = value(lane * WIDTH);
}
