// Where along one dimension the first of the largest (SIGN 1) or smallest (SIGN −1) elements lies; the first NaN, if there is one.
//
//   output[o] = the least r with value(kept(o) + reduced(r)) · SIGN ≥ all others'

@group(0) @binding(0) var<storage, read_write> output: array<u32>;
@group(0) @binding(1) var<uniform> terms: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let o = id.y * ROW + id.x;
  if (o >= RESULTS) { return; }
  let start = kept_index(o);
  var found = 0u;
  var extreme = value(start);
  for (var r = 1u; r < terms && !none(extreme); r++) {
    let other = value(start + reduced_index(r));
    if (none(other) || other * SIGN > extreme * SIGN) {
      extreme = other;
      found = r;
    }
  }
  output[o] = found;
}

/// NaN, by its bits: compilers may take it that there is none.
fn none(a: f32) -> bool { return (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u; }
