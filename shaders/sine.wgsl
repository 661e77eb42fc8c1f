// sin and cos of any number, with whole turns subtracted exactly.
//
//   x = (k + f) π/2 with the integer k nearest to 2x/π, so that |f| ≤ ½
//   sin x = ± sin(f π/2) or ± cos(f π/2), by the last two bits of k

/// The remainder of x, and the last two bits of k.
struct Turn {
  rest: f32,
  quarter: u32,
}

/// Reduces x ≥ 0 in integers: x = m 2ᵉ with a 24-bit integer m, and only the bits of m · 2ᵉ · 2/π below 4 count.
fn turned(x: f32) -> Turn {
  if (x < 0.78539816) { return Turn(x, 0u); }
  // 2/π after 32 zero bits; `first` is its first bit whose product with m counts.
  var digits = array<u32, 8>(
    0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
  let bits = bitcast<u32>(x);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let first = (bits >> 23u) - 120u;
  let word = first / 32u;
  let shift = first % 32u;
  var window: array<u32, 3>;
  for (var i = 0u; i < 3u; i++) {
    let next = (digits[word + i + 1u] >> (31u - shift)) >> 1u;
    window[i] = (digits[word + i] << shift) | next;
  }
  let last = wide_product(m, window[2]).y;
  let middle = wide_product(m, window[1]);
  let low = middle.x + last;
  let high = m * window[0] + middle.y + select(0u, 1u, low < last);
  // The two bits above the binary point are k, those below it f; where f < 0, they are k − 1 and f + 1.
  let f = vec2u((high << 2u) | (low >> 30u), low << 2u);
  let below = f.x >= 0x80000000u;
  let magnitude = select(f, vec2u(~f.x + select(0u, 1u, f.y == 0u), ~f.y + 1u), below);
  let part = f32(magnitude.x) * 0x1p-32 + f32(magnitude.y) * 0x1p-64;
  // π/2 in two parts.
  let rest = part * 1.5707963705062866 - part * 4.371139000186241e-8;
  return Turn(select(rest, -rest, below), (high >> 30u) + select(0u, 1u, below));
}

/// sin or cos of the remainder, depending on the quarter. For |r| ≤ π/4, the truncation error of these Taylor series is
/// less than a rounding.
fn wave(r: f32, quarter: u32) -> f32 {
  let z = r * r;
  let sine = r * (1.0 - z * (1.0 / 6.0) * (1.0 - z * (1.0 / 20.0) * (1.0 - z * (1.0 / 42.0) * (1.0 - z * (1.0 / 72.0)))));
  let fourth = 1.0 - z * (1.0 / 30.0) * (1.0 - z * (1.0 / 56.0) * (1.0 - z * (1.0 / 90.0)));
  let cosine = 1.0 - z * (0.5 - z * (1.0 / 24.0) * fourth);
  let value = select(sine, cosine, (quarter & 1u) == 1u);
  return select(value, -value, (quarter & 2u) == 2u);
}

/// sin or cos of |x|; NaN if x is infinite or NaN.
fn wave_of(x: f32, quarter: u32) -> f32 {
  let a = abs(x);
  if ((bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u) { return sqrt(-a); }
  let turn = turned(a);
  return wave(turn.rest, turn.quarter + quarter);
}

fn sine(x: f32) -> f32 {
  let value = wave_of(x, 0u);
  return select(value, -value, (bitcast<u32>(x) >> 31u) == 1u);
}

fn cosine(x: f32) -> f32 { return wave_of(x, 1u); }
