// Four random numbers a lane, from Philox with key (seed, STREAM) and counter (lane, step):
//
//   uniform:  24 bits of each word, in [0, 1)
//   normal:   Box-Muller on pairs of uniforms,  √(−2 ln(1 − u)) · (cos 2πv, sin 2πv)
//
// WGSL leaves the last digits of `log`, `cos` and `sin` to the adapter, and a training makes much of little. These are
// series, whose terms are the same everywhere: they differ by a rounding at most.

@group(0) @binding(0) var<storage, read> seed: u32;
@group(0) @binding(1) var<storage, read> at_step: u32;
@group(0) @binding(2) var<storage, read_write> output: array<T>;

/// ln x for x in (0, 1], as ln(2ᵉm) = e ln 2 + 2 artanh((m − 1) / (m + 1)) with m in [½, 1): less than 1e-8 of it is left out.
fn logarithm(x: vec2f) -> vec2f {
  let parts = frexp(x);
  let low = parts.fract < vec2f(0.70710678);
  let m = select(parts.fract, 2.0 * parts.fract, low);
  let e = vec2f(parts.exp) - select(vec2f(0.0), vec2f(1.0), low);
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  return e * 0.6931471805599453 + 2.0 * s * (1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0)))));
}

/// cos and sin of 2πv, from those of the rest to the nearest quarter of a turn.
fn on_circle(v: f32) -> vec2f {
  let quarters = round(4.0 * v);
  let t = (4.0 * v - quarters) * 1.5707963267948966;
  let z = t * t;
  let c = 1.0 - z / 2.0 * (1.0 - z / 12.0 * (1.0 - z / 30.0 * (1.0 - z / 56.0 * (1.0 - z / 90.0))));
  let s = t * (1.0 - z / 6.0 * (1.0 - z / 20.0 * (1.0 - z / 42.0 * (1.0 - z / 72.0))));
  let turned = select(vec2f(c, s), vec2f(-s, c), (u32(quarters) & 1u) == 1u);
  return select(turned, -turned, (u32(quarters) & 2u) == 2u);
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane * 4u >= SIZE) { return; }
  let words = philox(vec4u(lane, at_step, 0u, 0u), vec2u(seed, STREAM));
  var value = vec4f(words >> vec4u(8u)) * 0x1p-24;
  if (NORMAL) {
    let radius = sqrt(-2.0 * logarithm(1.0 - value.xz));
    value = vec4f(radius.x * on_circle(value.y), radius.y * on_circle(value.w));
  }
  store(0u, lane * 4u, value);
}
