// The operands of tiled_product.wgsl for a convolution or its adjoint, as conv2d.wgsl computes them:
//
//   left[pixel, (tap, i)]  = the input channels of the pixel that the tap reads
//   right[(tap, i), o]     = weights[ky, kx, i, o]; for the adjoint, weights[ky, kx, o, i]
//
// A slice covers DEPTH input channels of one tap. Each tile of the adjoint covers one phase of the stride.

@group(0) @binding(0) var<storage, read> input: array<IN_T>;
@group(0) @binding(1) var<storage, read> weights: array<WEIGHT_T>;
@group(0) @binding(2) var<storage, read_write> output: array<T>;

struct Tile {
  first_row: u32,
  first_column: u32,
  first_slice: u32,
  end_slice: u32,
  part: u32,
  phase: vec2i,
}

struct Slice {
  tap: vec2i,
  channel: u32,
}

// A pixel of the output, and the number of its image.
struct Row {
  at: vec2i,
  image: i32,
  inside: bool,
}

fn tile_at(workgroup: vec3u) -> Tile {
  let part = workgroup.z / PHASES;
  let phase = vec2i(i32(workgroup.z % PHASES / PHASES_ACROSS), i32(workgroup.z % PHASES_ACROSS));
  let taps = taps_of(phase);
  let slices = u32(taps.x * taps.y) * CHUNKS;
  let each = (slices + PARTS - 1) / PARTS;
  return Tile(workgroup.x * ROWS, workgroup.y * COLUMNS, min(part * each, slices), min((part + 1u) * each, slices), part, phase);
}

fn first_tap(phase: vec2i) -> vec2i {
  return (phase + vec2i(PAD_TOP, PAD_LEFT)) % OUT_STRIDE;
}

fn taps_of(phase: vec2i) -> vec2i {
  return (vec2i(WINDOW_HEIGHT, WINDOW_WIDTH) - first_tap(phase) + OUT_STRIDE - vec2i(1)) / OUT_STRIDE;
}

fn slice_at(tile: Tile, s: u32) -> Slice {
  let tap = i32(s / CHUNKS);
  let across = taps_of(tile.phase).y;
  return Slice(first_tap(tile.phase) + vec2i(tap / across, tap % across) * OUT_STRIDE, s % CHUNKS * DEPTH);
}

fn row_at(tile: Tile, row: u32) -> Row {
  let pixel = i32(row);
  let at = vec2i((pixel / GRID_WIDTH) % GRID_HEIGHT, pixel % GRID_WIDTH) * OUT_STRIDE + tile.phase;
  return Row(at, pixel / (GRID_HEIGHT * GRID_WIDTH), row < PIXELS);
}

fn left(row: Row, slice: Slice, k: u32) -> vec4f {
  let source = source_of(row.at, slice.tap);
  let channel = slice.channel + k;
  let inside =
    row.inside && channel < IN_CHANNELS && all(source >= vec2i(0)) && all(source < vec2i(IN_HEIGHT, IN_WIDTH));
  let place = u32((row.image * IN_HEIGHT + source.x) * IN_WIDTH + source.y) * IN_CHANNELS + channel;
  return select(vec4f(), four_of_input(select(0u, place, inside), IN_CHANNELS - channel), inside);
}

fn right(tile: Tile, slice: Slice, k: u32, column: u32) -> vec4f {
  let tap = u32(slice.tap.x * WINDOW_WIDTH + slice.tap.y);
  let channel = slice.channel + k;
  let inside = channel < IN_CHANNELS && column < OUT_CHANNELS;
  if (RIGHT_DEEP) {
    let place = (tap * OUT_CHANNELS + column) * IN_CHANNELS + channel;
    return select(vec4f(), four_of_weights(select(0u, place, inside), IN_CHANNELS - channel), inside);
  }
  let place = (tap * IN_CHANNELS + channel) * OUT_CHANNELS + column;
  return select(vec4f(), four_of_weights(select(0u, place, inside), OUT_CHANNELS - column), inside);
}

// Four neighbouring elements, of which the first `count` are valid. They are read one by one where the number of
// channels is not a multiple of four.
fn four_of_input(e: u32, count: u32) -> vec4f {
  if (IN_VECTOR == 4) { return vec4f(input[e / 4u]); }
  var four = vec4f();
  for (var c = 0u; c < min(count, 4u); c++) { four[c] = vec4f(input[e + c]).x; }
  return four;
}

fn four_of_weights(e: u32, count: u32) -> vec4f {
  if (WEIGHT_VECTOR == 4) { return vec4f(weights[e / 4u]); }
  var four = vec4f();
  for (var c = 0u; c < min(count, 4u); c++) { four[c] = vec4f(weights[e + c]).x; }
  return four;
}

fn begun(tile: Tile, row: u32, column: u32) -> vec4f {
  return vec4f();
}

fn put(tile: Tile, row: u32, column: u32, four: vec4f) {
  let pixel = row_at(tile, row);
  if (!pixel.inside || pixel.at.x >= OUT_HEIGHT || pixel.at.y >= OUT_WIDTH) { return; }
  let place = ((pixel.image * PARTS + i32(tile.part)) * OUT_HEIGHT + pixel.at.x) * OUT_WIDTH + pixel.at.y;
  store(u32(place), column, four);
}
