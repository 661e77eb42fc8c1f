// Sums: every result is the sum of TERMS elements, added by SPLITS lanes in interleaved parts.
//
//   output[s, o] = epilogue( Σ_i value( kept(o) + reduced(s + i · SPLITS) ) )
//
// Where the terms come piece by piece, `first_term` numbers the first of this piece, and sums go on from those of the last one.
// That the loop begins at a number read from memory also keeps drivers from writing it out, which took lavapipe 2 s to compile.
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
  let end = first_term + TERMS;
  for (var r = first_term + (split + SPLITS - first_term % SPLITS) % SPLITS; r < end; r += SPLITS) {
    total += value(start + reduced_index(r - first_term));
  }
  output[lane] = epilogue(lane * WIDTH, total);
}
