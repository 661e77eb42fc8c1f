// A gated update of a variable:  output[e] = value(e), WIDTH neighbouring elements per lane, where `stopped` is 0.
//
// The gate is bound as bits, because compilers may assume that a float is never NaN. All bits except those of ±0 stop
// the update.

@group(0) @binding(0) var<storage, read_write> output: array<T>;
@group(0) @binding(1) var<uniform> size: u32;
@group(0) @binding(2) var<storage, read> stopped: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane >= size / WIDTH || (stopped & 0x7fffffffu) != 0u) { return; }
  output[lane] = value(lane * WIDTH);
}
