/// The standard normal distribution function, ½ erfc(−x / √2), within about four roundings of its value on both sides
/// of 0.
///
///   erfc z = t exp(−z² + P(t)), t = 1 / (1 + z / 2), z ≥ 0
///
/// P is the polynomial of degree 9 that fits this best from z = 0 to 10, by least squares at Chebyshev nodes.
fn cumulative_normal(x: f32) -> f32 {
  let t = 1.0 / (1.0 + abs(x) * 0.3535533905932738);
  let high = 0.00125786263 + t * (-0.0802697869 + t * (-0.696255171 + t * (1.1567288 + t * (-0.680821848 + t * 0.144928633))));
  let p = -1.26544801 + t * (0.998632955 + t * (0.386639183 + t * (0.034607428 + t * high)));
  let tail = 0.5 * t * exponential(p - 0.5 * x * x);
  return select(tail, 1.0 - tail, x > 0.0);
}
