// Sums: every result is the sum of `terms` elements, added in `splits` interleaved parts. MEMBERS lanes of a workgroup
// add each part, interleaved again.
//
//   output[s, o] = epilogue( Σ_i value( kept(o) + reduced(s + i · splits) ) )
//
// A lane with many terms (COMPENSATED) also accumulates the rounding errors of its sum (Ogita, Rump and Oishi 2005,
// algorithm 4.4). The result is as accurate as with twice as many digits, however many terms there are. Partial sums
// (PARTIAL) store both: the rounding errors follow the sums, as separate parts.
//
// Where the terms come piece by piece, `given.first_term` is the number of the first term in this piece, and sums
// continue from those of the previous piece. A loop that begins at a number read from memory also keeps drivers from
// unrolling it, which took lavapipe 2 s to compile.
// The parts of INNER · WIDTH neighbouring results are together; usually that is all results.
// `value(e)` computes element e of the input. A lane computes WIDTH neighbouring results.

struct Given {
  terms: u32,
  splits: u32,
  first_term: u32,
  zero: i32,
}

@group(0) @binding(0) var<storage, read_write> output: array<T>;
@group(0) @binding(1) var<uniform> given: Given;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  // Neighbouring lanes add to neighbouring results; the members of one result are ACROSS lanes apart.
  let slot = (id.y * ROW + id.x) / LANES * ACROSS + local % ACROSS;
  let member = local / ACROSS;
  let slots = RESULTS / WIDTH * given.splits;
  let inside = slot < slots;
  let vector = slot % (RESULTS / WIDTH);
  let split = slot / (RESULTS / WIDTH);

  var sum = Sum();
  if (inside) {
    let start = kept_index(vector * WIDTH);
    if (PIECEWISE && given.first_term > 0u) {
      sum.total = output[place(split, vector)];
      if (COMPENSATED) { sum.rest = output[place(split + given.splits, vector)]; }
    }
    let end = given.first_term + given.terms;
    let first = given.first_term + (split + given.splits - given.first_term % given.splits) % given.splits;
    let step = given.splits * MEMBERS;
    var r = first + member * given.splits;
    if (AHEAD > 1u) {
      // A GPU reads several terms at once, but still adds them one after the other.
      for (; r + (AHEAD - 1u) * step < end; r += AHEAD * step) {
        var ahead: array<T, AHEAD>;
        @unroll for (var a = 0u; a < AHEAD; a++) {
          ahead[a] = value(start + reduced_index(r + a * step - given.first_term));
        }
        @unroll for (var a = 0u; a < AHEAD; a++) { sum = added(sum, ahead[a], given.zero); }
      }
    }
    for (; r < end; r += step) {
      sum = added(sum, value(start + reduced_index(r - given.first_term)), given.zero);
    }
  }
  sum = joined(local, Sum(sum.total, finite(sum.rest)));
  if (!inside || member > 0u) { return; }
  if (PARTIAL) {
    output[place(split, vector)] = sum.total;
    if (COMPENSATED) { output[place(split + given.splits, vector)] = sum.rest; }
  } else {
    output[slot] = epilogue(slot * WIDTH, sum.total + sum.rest);
  }
}

/// Where a part of WIDTH results is stored.
fn place(part: u32, vector: u32) -> u32 {
  let parts = given.splits * select(1u, 2u, COMPENSATED);
  return (vector / INNER * parts + part) * INNER + vector % INNER;
}
