// Copies a part of one operand of a concatenation: each run of RUN elements goes into a run of TOTAL_RUN elements of
// the output.
//
//   output[n / RUN · TOTAL_RUN + n % RUN + to] = element n of the operand,   first ≤ n < first + count
//
// `to` is relative to the start of the output's binding. If the binding starts after the operand, `to` is negative,
// modulo 2³².

struct Given {
  first: u32,
  count: u32,
  skip: u32, // elements bound before the first
  to: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> given: Given;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let e = id.y * ROW + id.x;
  if (e >= given.count) { return; }
  let n = given.first + e;
  output[n / RUN * TOTAL_RUN + n % RUN + given.to] = input[e + given.skip];
}
