// The operands of tiled_product.wgsl for the gradient of a convolution's weights, in parts as in
// conv2d_weight_gradient.wgsl:
//
//   left[(tap, l), pixel] = the large channels of the pixel that the tap reads for a pixel of the small image
//   right[pixel, s]       = the small channels of that pixel
//
// A slice has DEPTH pixels. Pixels are numbered from the start of the bound piece of the batch. A part that began in
// the previous piece continues from its sum.

@group(0) @binding(0) var<storage, read> large: array<LARGE_T>;
@group(0) @binding(1) var<storage, read> small: array<SMALL_T>;
@group(0) @binding(2) var<storage, read_write> partial: array<SMALL_T>;
@group(0) @binding(3) var<uniform> piece_start: u32;

struct Tile {
  first_row: u32,
  first_column: u32,
  first_slice: u32,
  end_slice: u32,
  part: u32,
  // The part's pixels within the piece.
  first: u32,
  end: u32,
}

struct Slice {
  first: u32,
  end: u32,
}

struct Row {
  index: u32,
}

fn tile_at(workgroup: vec3u) -> Tile {
  let start = workgroup.z * PART;
  let first = max(start, piece_start) - piece_start;
  let end = max(first, min(min(start + PART, PIXELS) - min(piece_start, start + PART), PIECE));
  let slices = (end - first + DEPTH - 1) / DEPTH;
  return Tile(workgroup.x * ROWS, workgroup.y * COLUMNS, 0u, slices, workgroup.z, first, end);
}

fn slice_at(tile: Tile, s: u32) -> Slice {
  return Slice(tile.first + s * DEPTH, tile.end);
}

fn row_at(tile: Tile, row: u32) -> Row {
  return Row(row);
}

fn left(row: Row, slice: Slice, k: u32) -> vec4f {
  let pixel = slice.first + k;
  let at = vec2i(i32(pixel / SMALL_WIDTH) % SMALL_HEIGHT, i32(pixel % SMALL_WIDTH)) * vec2i(STRIDE_DOWN, STRIDE_ACROSS);
  let image = i32(pixel / (SMALL_HEIGHT * SMALL_WIDTH));
  if (LARGE_VECTOR == 4) { return vec4f(large_at(image, at, row.index, pixel < slice.end)); }
  var four = vec4f();
  for (var c = 0u; c < 4u; c++) { four[c] = vec4f(large_at(image, at, row.index + c, pixel < slice.end)).x; }
  return four;
}

fn large_at(image: i32, at: vec2i, row: u32, counts: bool) -> LARGE_T {
  let tap = i32(row / LARGE_CHANNELS);
  let source = at + vec2i(tap / WINDOW_WIDTH - PAD_TOP, tap % WINDOW_WIDTH - PAD_LEFT);
  let inside =
    counts && row < ALL_ROWS && all(source >= vec2i(0)) && all(source < vec2i(LARGE_HEIGHT, LARGE_WIDTH));
  let place = u32((image * LARGE_HEIGHT + source.x) * LARGE_WIDTH + source.y) * LARGE_CHANNELS + row % LARGE_CHANNELS;
  return select(LARGE_T(), large[select(0u, place, inside) / LARGE_VECTOR], inside);
}

fn right(tile: Tile, slice: Slice, k: u32, column: u32) -> vec4f {
  let pixel = slice.first + k;
  let inside = pixel < slice.end && column < SMALL_CHANNELS;
  let place = select(0u, pixel * SMALL_CHANNELS + column, inside);
  if (SMALL_VECTOR == 4) { return select(vec4f(), vec4f(small[place / 4u]), inside); }
  var four = vec4f();
  for (var c = 0u; c < 4u; c++) {
    if (pixel < slice.end && column + c < SMALL_CHANNELS) { four[c] = vec4f(small[place + c]).x; }
  }
  return four;
}

fn place_of(tile: Tile, row: u32, column: u32) -> u32 {
  return (tile.part * ALL_ROWS + row) * SMALL_CHANNELS + column;
}

fn begun(tile: Tile, row: u32, column: u32) -> vec4f {
  var four = vec4f();
  if (PIECE == PIXELS || tile.part * PART >= piece_start || row >= ALL_ROWS) { return four; }
  let place = place_of(tile, row, column);
  for (var c = 0u; c < 4u; c += SMALL_VECTOR) {
    if (column + c < SMALL_CHANNELS) {
      if (SMALL_VECTOR == 4) { return vec4f(partial[place / 4u]); }
      four[c] = vec4f(partial[place + c]).x;
    }
  }
  return four;
}

fn put(tile: Tile, row: u32, column: u32, four: vec4f) {
  if (row >= ALL_ROWS || tile.first >= tile.end) { return; }
  let place = place_of(tile, row, column);
  for (var c = 0u; c < 4u; c += SMALL_VECTOR) {
    if (column + c < SMALL_CHANNELS) { partial[(place + c) / SMALL_VECTOR] = SMALL_PART; }
  }
}
