// exp, ln and tanh.
//
// WGSL leaves the last digits of its own to the adapter, and a training makes much of little. These are series of sums and
// products, which are the same everywhere; what they leave out is less than half a rounding.

/// eˣ = 2ⁿ eʳ with the whole number n nearest to x / ln 2; infinite from 88.73 on, 0 from −103.98 down.
fn exponential(x: f32) -> f32 {
  // Not `clamp`, which may make a number of what is none.
  let a = select(select(x, 89.0, x > 89.0), -104.0, x < -104.0);
  let n = round(a * 1.4426950408889634);
  // ln 2 in two parts, the first of so few digits that n times it is exact.
  let r = a - n * 0.693359375 + n * 0.00021219444005469058;
  // 2ⁿ in two factors: 2¹²⁸ and 2⁻¹⁵⁰ are no numbers of their own.
  let half = floor(n * 0.5);
  return (1.0 + exponential_less_one(r)) * power_of_two(half) * power_of_two(n - half);
}

/// 2ⁿ for a whole number n from −126 to 127, by its bits.
fn power_of_two(n: f32) -> f32 {
  return bitcast<f32>((i32(n) + 127) << 23u);
}

/// eʳ − 1 = r + r²/2! + … + r⁷/7! for |r| ≤ ½ ln 2, to the last digit also near 0.
fn exponential_less_one(r: f32) -> f32 {
  let third = 1.0 + r * (1.0 / 4.0) * (1.0 + r * (1.0 / 5.0) * (1.0 + r * (1.0 / 6.0) * (1.0 + r * (1.0 / 7.0))));
  return r * (1.0 + r * (1.0 / 2.0) * (1.0 + r * (1.0 / 3.0) * third));
}

/// ln x as ln(2ᵉm) = e ln 2 + 2 artanh((m − 1) / (m + 1)) with m from √½ to √2.
fn logarithm(x: f32) -> f32 {
  // m from ½ to 1 and e from the bits, since `frexp` of some adapters is wrong below 2⁻¹²⁶: there bits count multiples of 2⁻¹⁴⁹.
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
  // Infinity stays so, and what is negative or no number is none. (SwiftShader's own ln(-1) is 0.)
  let other = select(sqrt(x), -1.0 / abs(x), x == 0.0);
  return select(other, e * 0.6931471805599453 + 2.0 * s * series, x > 0.0 && x <= 0x1.fffffep+127);
}

/// tanh x = E / (E + 2) with E = e²ˣ − 1; 1 from 9.02 on.
fn hyperbolic_tangent(x: f32) -> f32 {
  let a = 2.0 * select(select(x, 10.0, x > 10.0), -10.0, x < -10.0);
  let e = select(exponential(a) - 1.0, exponential_less_one(a), abs(a) < 0.34);
  return e / (e + 2.0);
}
