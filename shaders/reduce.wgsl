// Sums: every result is the sum of TERMS elements, added by SPLITS lanes in interleaved parts.
//
//   output[s, o] = epilogue( Σ_i value( kept(o) + reduced(s + i · SPLITS) ) )
//
// Where the terms come piece by piece, `first_term` numbers the first of this piece, and sums go on from those of the last one.
// `value(e)` is element e of what is summed, computed on the way; a lane does WIDTH neighbouring results.

@group(0) @binding(0) var<storage, read_write> output: array<T>;
@group(0) @binding(1) var<uniform> first_term: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane >= RESULTS / WIDTH * SPLITS) { return; }
  let result = lane % (RESULTS / WIDTH) * WIDTH;
  let split = lane / (RESULTS / WIDTH);

  let start = kept_index(result);
  var total = T();
  if (PIECEWISE && first_term > 0u) { total = output[lane]; }
  for (var r = (split + SPLITS - first_term % SPLITS) % SPLITS; r < TERMS; r += SPLITS) {
    total += value(start + reduced_index(r));
  }
  output[lane] = epilogue(lane * WIDTH, total);
}
