/// aᵇ as in C's `pow`: by repeated squaring for integers b up to ±64, otherwise as exp(b ln |a|) with the sign of an
/// odd power. The latter is accurate to about |b ln a| roundings.
fn power(a: f32, b: f32) -> f32 {
  let whole = b == floor(b);
  if (whole && abs(b) <= 64.0) {
    var product = 1.0;
    var square = a;
    for (var n = u32(abs(b)); n > 0u; n >>= 1u) {
      if ((n & 1u) == 1u) { product *= square; }
      square *= square;
    }
    return select(product, 1.0 / product, b < 0.0);
  }
  let magnitude = abs(a);
  let negative = (bitcast<u32>(a) >> 31u) == 1u;
  // Negative numbers have only integer powers.
  if (negative && !whole && magnitude > 0.0 && magnitude <= 0x1.fffffep+127) { return sqrt(-magnitude); }
  // 1 to any power is 1; the formula would give 0 · ∞ = NaN.
  let value = select(exponential(b * logarithm(magnitude)), 1.0, magnitude == 1.0);
  let odd = whole && abs(b) < 0x1p24 && (i32(b) & 1) == 1;
  return select(value, -value, negative && odd);
}
