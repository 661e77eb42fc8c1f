// Weights [ky, kx, large, small] in the order that conv2d.wgsl reads, where they are not stored in that order:
//
//   packed[group, tap, i, column] = the vec4f of input channel i, output channels (group · COLUMNS + column) · 4 … + 3
//
// The convolution maps large to small channels, its adjoint small to large. Channels beyond the last are zero.

@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane >= GROUPS * DEPTH * COLUMNS) { return; }
  let column = lane % COLUMNS;
  let row = (lane / COLUMNS) % DEPTH;
  let group = lane / (COLUMNS * DEPTH);

  var value = vec4f();
  for (var c = 0u; c < 4u; c++) {
    let channel = (group * COLUMNS + column) * 4u + c;
    if (channel < OUT_CHANNELS) { value[c] = weights[index_of(row, channel)]; }
  }
  packed[lane] = value;
}

fn index_of(row: u32, channel: u32) -> u32 {
  if (ADJOINT) {
    let tap = row / SMALL_CHANNELS;
    return (tap * LARGE_CHANNELS + channel) * SMALL_CHANNELS + row % SMALL_CHANNELS;
  }
  return row * SMALL_CHANNELS + channel;
}
