// Four random numbers per lane, from Philox with key (seed, STREAM) and counter (lane, step):
//
//   uniform:  24 bits of each word, in [0, 1)
//   normal:   Box-Muller on pairs of uniforms,  √(−2 ln(1 − u)) · (cos 2πv, sin 2πv)
//
// A piece begins at lane `first_lane`. The logarithm, cosine and sine are our own series (see series.wgsl).

@group(0) @binding(0) var<storage, read> seed: u32;
@group(0) @binding(1) var<storage, read> at_step: u32;
@group(0) @binding(2) var<storage, read_write> output: array<T>;
@group(0) @binding(3) var<uniform> first_lane: u32;

/// cos and sin of 2πv, from those of the remainder after the nearest quarter turn.
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
  let words = philox(vec4u(first_lane + lane, at_step, 0u, 0u), vec2u(seed, STREAM));
  var value = vec4f(words >> vec4u(8u)) * 0x1p-24;
  if (NORMAL) {
    let radius = sqrt(-2.0 * vec2f(logarithm(1.0 - value.x), logarithm(1.0 - value.z)));
    value = vec4f(radius.x * on_circle(value.y), radius.y * on_circle(value.w));
  }
  store(0u, lane * 4u, value);
}
