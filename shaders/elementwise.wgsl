// Element-wise operations, any number of them in one:  output[e] = value(e), WIDTH neighbouring elements a lane.

@group(0) @binding(0) var<storage, read_write> output: array<T>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane >= SIZE / WIDTH) { return; }
  output[lane] = value(lane * WIDTH);
}
