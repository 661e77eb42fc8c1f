// Sums: every result is the sum of TERMS elements, added by SPLITS parts, interleaved; each by MEMBERS lanes of a workgroup, interleaved again.
//
//   output[s, o] = epilogue( Σ_i value( kept(o) + reduced(s + i · SPLITS) ) )
//
// Where the terms come piece by piece, `first_term` numbers the first of this piece, and sums go on from those of the last one.
// That the loop begins at a number read from memory also keeps drivers from writing it out, which took lavapipe 2 s to compile.
// `value(e)` is element e of what is summed, computed on the way; a lane does WIDTH neighbouring results.

@group(0) @binding(0) var<storage, read_write> output: array<T>;
@group(0) @binding(1) var<uniform> first_term: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  // Neighbouring lanes add to neighbouring results; members of one result are ACROSS lanes apart.
  let slot = (id.y * ROW + id.x) / LANES * ACROSS + local % ACROSS;
  let member = local / ACROSS;
  let inside = slot < RESULTS / WIDTH * SPLITS;
  let result = slot % (RESULTS / WIDTH) * WIDTH;
  let split = slot / (RESULTS / WIDTH);

  var total = T();
  if (inside) {
    let start = kept_index(result);
    if (PIECEWISE && first_term > 0u) { total = output[slot]; }
    let end = first_term + TERMS;
    let first = first_term + (split + SPLITS - first_term % SPLITS) % SPLITS;
    let step = u32(SPLITS * MEMBERS);
    var r = first + member * SPLITS;
    if (AHEAD > 1u) {
      // A GPU reads several terms at once; they are added one after the other all the same.
      for (; r + (AHEAD - 1u) * step < end; r += AHEAD * step) {
        var ahead: array<T, AHEAD>;
        @unroll for (var a = 0u; a < AHEAD; a++) {
          ahead[a] = value(start + reduced_index(r + a * step - first_term));
        }
        @unroll for (var a = 0u; a < AHEAD; a++) { total += ahead[a]; }
      }
    }
    for (; r < end; r += step) {
      total += value(start + reduced_index(r - first_term));
    }
  }
  total = joined(local, total);
  if (inside && member == 0u) { output[slot] = epilogue(slot * WIDTH, total); }
}
