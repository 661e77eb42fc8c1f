// Four random numbers a lane, from Philox with key (seed, STREAM) and counter (lane, step):
//
//   uniform:  24 bits of each word, in [0, 1)
//   normal:   Box-Muller on pairs of uniforms,  √(−2 ln(1 − u)) · (cos 2πv, sin 2πv)

@group(0) @binding(0) var<storage, read> seed: u32;
@group(0) @binding(1) var<storage, read> at_step: u32;
@group(0) @binding(2) var<storage, read_write> output: array<T>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane * 4u >= SIZE) { return; }
  let words = philox(vec4u(lane, at_step, 0u, 0u), vec2u(seed, STREAM));
  var value = vec4f(words >> vec4u(8u)) * 0x1p-24;
  if (NORMAL) {
    let radius = sqrt(-2.0 * log(1.0 - value.xz));
    let angle = 6.283185307179586 * value.yw;
    value = (radius.xxyy * vec4f(cos(angle.x), sin(angle.x), cos(angle.y), sin(angle.y)));
  }
  store(0u, lane * 4u, value);
}
