// The index along one dimension of the first of the largest (or smallest) elements, or of the first NaN if there is
// one.
//
//   element(e) = the smallest r for which x[e / INNER, r, e % INNER] is extreme

fn element(e: u32) -> u32 {
  let start = e / INNER * INNER * TERMS + e % INNER;
  var found = 0u;
  var extreme = x[start];
  for (var r = 1u; r < TERMS && !none(extreme); r++) {
    let other = x[start + r * INNER];
    let further = select((other < extreme), (other > extreme), LARGEST);
    if (none(other) || further) {
      extreme = other;
      found = r;
    }
  }
  return found;
}

/// Detects NaN from its bits: compilers may assume that no float is NaN.
fn none(a: f32) -> bool { return (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u; }
