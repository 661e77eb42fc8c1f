// One operand of a concatenation: its runs of RUN elements lie `start` into every run of TOTAL_RUN of the output.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> start: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let e = id.y * ROW + id.x;
  if (e >= SIZE) { return; }
  output[e / RUN * TOTAL_RUN + start + e % RUN] = input[e];
}
