// One Adam step over all weights at once, in Keras's form:
//
//   m = β₁ m + (1 − β₁) g        v = β₂ v + (1 − β₂) g²        w = w − rate · m / (√v + ε)
//
// rate = lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) comes from the host. If `stopped` is not 0, nothing changes.

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> rate: f32;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> square: array<f32>;
@group(0) @binding(5) var<storage, read> stopped: f32;
@group(0) @binding(6) var<uniform> size: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let e = id.y * ROW + id.x;
  if (e >= size || stopped != 0.0) { return; }
  let g = gradient[e];
  let m = BETA1 * mean[e] + (1.0 - BETA1) * g;
  let v = BETA2 * square[e] + (1.0 - BETA2) * g * g;
  mean[e] = m;
  square[e] = v;
  weights[e] -= rate * m / (sqrt(v) + EPSILON);
}
