// The largest or smallest of `terms` elements, or NaN if any is NaN, in `splits` interleaved parts.
//
//   output[s, o] = epilogue( extreme over i of value( kept(o) + reduced(s + i · splits) ) )
//
// `FURTHER(a, b)` is the larger or the smaller. `value(e)` computes element e of the input. A lane computes WIDTH
// neighbouring results.

struct Given {
  terms: u32,
  splits: u32,
}

@group(0) @binding(0) var<storage, read_write> output: array<T>;
@group(0) @binding(1) var<uniform> given: Given;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let slot = id.y * ROW + id.x;
  if (slot >= RESULTS / WIDTH * given.splits) { return; }
  let start = kept_index(slot % (RESULTS / WIDTH) * WIDTH);
  let split = slot / (RESULTS / WIDTH);
  var extreme = value(start + reduced_index(split));
  for (var r = split + given.splits; r < given.terms; r += given.splits) {
    extreme = FURTHER(extreme, value(start + reduced_index(r)));
  }
  output[slot] = epilogue(slot * WIDTH, extreme);
}
