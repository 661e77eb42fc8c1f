/// ln(1 + eˣ) = max(x, 0) + ln(1 + e), where e = exp(−|x|) is at most 1 and ln(1 + e) = 2 artanh(e / (2 + e)): accurate
/// for small e too.
fn softplus(x: f32) -> f32 {
  let e = exponential(-abs(x));
  let s = e / (2.0 + e);
  let z = s * s;
  let far = 1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * (1.0 / 15.0)));
  let series = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * far)));
  // Not `max`, which may turn NaN into a number.
  return select(x, 0.0, x < 0.0) + 2.0 * s * series;
}
