// exp, ln and tanh.
//
// WGSL lets each adapter round its built-ins differently, and training amplifies rounding differences. These are series
// of sums and products, which are the same everywhere; their truncation error is less than half a rounding.

/// eˣ = 2ⁿ eʳ with the integer n nearest to x / ln 2; infinite from 88.73 up, 0 from −103.98 down.
fn exponential(x: f32) -> f32 {
  // Not `clamp`, which may turn NaN into a number.
  let a = select(select(x, 89.0, x > 89.0), -104.0, x < -104.0);
  let n = round(a * 1.4426950408889634);
  // ln 2 in two parts. The first has so few digits that n times it is exact.
  let r = a - n * 0.693359375 + n * 0.00021219444005469058;
  // 2ⁿ in two factors: 2¹²⁸ and 2⁻¹⁵⁰ are not float32 numbers.
  let half = floor(n * 0.5);
  return (1.0 + exponential_less_one(r)) * power_of_two(half) * power_of_two(n - half);
}

/// 2ⁿ for an integer n from −126 to 127, built from its bits.
fn power_of_two(n: f32) -> f32 {
  return bitcast<f32>((i32(n) + 127) << 23u);
}

/// eʳ − 1 = r + r²/2! + … + r⁷/7! for |r| ≤ ½ ln 2, accurate to the last digit even near 0.
fn exponential_less_one(r: f32) -> f32 {
  let third = 1.0 + r * (1.0 / 4.0) * (1.0 + r * (1.0 / 5.0) * (1.0 + r * (1.0 / 6.0) * (1.0 + r * (1.0 / 7.0))));
  return r * (1.0 + r * (1.0 / 2.0) * (1.0 + r * (1.0 / 3.0) * third));
}

/// ln x as ln(2ᵉm) = e ln 2 + 2 artanh((m − 1) / (m + 1)) with m from √½ to √2.
fn logarithm(x: f32) -> f32 {
  // m from ½ to 1 and e come from the bits, because `frexp` of some adapters is wrong below 2⁻¹²⁶. There the bits count
  // multiples of 2⁻¹⁴⁹.
  let given = bitcast<u32>(x);
  let tiny = given < 0x800000u;
  let bits = select(given, bitcast<u32>(f32(given)), tiny);
  let fract = bitcast<f32>((bits & 0x7fffffu) | 0x3f000000u);
  let low = fract < 0.70710678;
  let m = select(fract, 2.0 * fract, low);
  let e = f32(i32(bits >> 23u) - select(126, 275, tiny) - select(0, 1, low));
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  let series = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0))));
  // Infinity stays infinite; negative numbers and NaN give NaN. (SwiftShader's own ln(-1) is 0.)
  let other = select(sqrt(x), -1.0 / abs(x), x == 0.0);
  return select(other, e * 0.6931471805599453 + 2.0 * s * series, x > 0.0 && x <= 0x1.fffffep+127);
}

/// tanh x = E / (E + 2) with E = e²ˣ − 1; 1 from 9.02 up.
fn hyperbolic_tangent(x: f32) -> f32 {
  let a = 2.0 * select(select(x, 10.0, x > 10.0), -10.0, x < -10.0);
  let e = select(exponential(a) - 1.0, exponential_less_one(a), abs(a) < 0.34);
  return e / (e + 2.0);
}
