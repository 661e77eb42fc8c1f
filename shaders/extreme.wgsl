// The largest or smallest of `terms` elements, or NaN if any is NaN, in `splits` interleaved parts.
//
//   output[s, o] = epilogue( extreme over i of value( kept(o) + reduced(s + i · splits) ) )
//
// Where the terms come piece by piece (PIECEWISE), extremes continue from those of the previous piece. A piece may have
// fewer terms than parts; a part without a term takes the last one, which changes nothing.
// The parts of INNER · WIDTH neighbouring results are together; usually that is all results.
// `FURTHER(a, b)` is the larger or the smaller. `value(e)` computes element e of the input. A lane computes WIDTH
// neighbouring results.

struct Given {
  terms: u32,
  splits: u32,
  first: u32, // 0 in the first piece
}

@group(0) @binding(0) var<storage, read_write> output: array<T>;
@group(0) @binding(1) var<uniform> given: Given;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let slot = id.y * ROW + id.x;
  if (slot >= RESULTS / WIDTH * given.splits) { return; }
  let vector = slot % (RESULTS / WIDTH);
  let start = kept_index(vector * WIDTH);
  let split = slot / (RESULTS / WIDTH);
  let place = (vector / INNER * given.splits + split) * INNER + vector % INNER;
  var extreme = value(start + reduced_index(min(split, given.terms - 1u)));
  if (PIECEWISE && given.first > 0u) { extreme = FURTHER(output[place], extreme); }
  for (var r = split + given.splits; r < given.terms; r += given.splits) {
    extreme = FURTHER(extreme, value(start + reduced_index(r)));
  }
  output[place] = epilogue(place * WIDTH, extreme);
}
