// Sums: every result is the sum of TERMS elements, added by SPLITS lanes in interleaved parts.
//
//   output[s, o] = epilogue( Σ_i value( kept(o) + reduced(s + i · SPLITS) ) )
//
// `value(e)` is element e of what is summed, computed on the way; a lane does WIDTH neighbouring results.

@group(0) @binding(0) var<storage, read_write> output: array<T>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane >= RESULTS / WIDTH * SPLITS) { return; }
  let result = lane % (RESULTS / WIDTH) * WIDTH;
  let split = lane / (RESULTS / WIDTH);

  let start = kept_index(result);
  var total = T();
  for (var r = split; r < TERMS; r += SPLITS) {
    total += value(start + reduced_index(r));
  }
  output[lane] = epilogue(lane * WIDTH, total);
}
