// Where along one dimension the first of the largest (or smallest) elements lies; the first NaN, if there is one.
//
//   element(e) = the least r whose x is extreme among x[e / INNER, r, e % INNER]

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

/// NaN, by its bits: compilers may take it that there is none.
fn none(a: f32) -> bool { return (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u; }
