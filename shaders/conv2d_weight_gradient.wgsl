// The gradient of a convolution's weights, in parts that are summed afterwards in a fixed order.
//
//   partial[part, ky, kx, l, s] = Σ_{pixels (n, y, x) of the part} large[n, ly, lx, l] · small[n, y, x, s]
//
//   ly = y · STRIDE_DOWN + ky − PAD_TOP,  lx = x · STRIDE_ACROSS + kx − PAD_LEFT
//
// Pixels are numbered from the start of the bound piece of the batch. A part that began in the previous piece continues
// from its sum.
// A lane owns one tap and LARGE_VECTOR large channels by COLUMN_TILE vectors of small channels, and walks the part's
// pixels, STEP at a time. All lanes need the same small channels, so each lane of a subgroup loads a share and
// broadcasts it.

@group(0) @binding(0) var<storage, read> large: array<LARGE_T>;
@group(0) @binding(1) var<storage, read> small: array<SMALL_T>;
@group(0) @binding(2) var<storage, read_write> partial: array<SMALL_T>;
@group(0) @binding(3) var<uniform> piece_start: u32;

@compute @workgroup_size(LANES)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(SUBGROUP_LANE) lane: u32,
) {
  let tile = unfolded(workgroup);
  if (tile.z >= PARTS) { return; }
  let row = tile.x * LANES + id.x % LANES;
  let channel = row % (LARGE_CHANNELS / LARGE_VECTOR);
  let tap = i32(row / (LARGE_CHANNELS / LARGE_VECTOR));
  let offset = vec2i(tap / WINDOW_WIDTH - PAD_TOP, tap % WINDOW_WIDTH - PAD_LEFT);
  let first_column = tile.y * COLUMN_TILE;

  let part_start = tile.z * PART;
  let first = max(part_start, piece_start) - piece_start;
  let end = min(min(part_start + PART, PIXELS) - min(piece_start, part_start + PART), PIECE);
  if (first >= end) { return; }
  var image = i32(first) / (SMALL_HEIGHT * SMALL_WIDTH);
  var at = vec2i((i32(first) / SMALL_WIDTH) % SMALL_HEIGHT, i32(first) % SMALL_WIDTH);

  let place = ((tile.z * ROWS + row) * LARGE_VECTOR) * COLUMNS + first_column;
  var total: array<array<SMALL_T, COLUMN_TILE>, LARGE_VECTOR>;
  if (PIECE < PIXELS && part_start < piece_start) {
    @unroll for (var v = 0u; v < LARGE_VECTOR; v++) {
      @unroll for (var j = 0u; j < COLUMN_TILE; j++) { total[v][j] = partial[place + v * COLUMNS + j]; }
    }
  }
  for (var pixel = first; pixel < end; pixel += STEP) {
    // The last tile may reach beyond the last column; values read there are not stored. Memory beyond the last pixel
    // may hold anything.
    var block: array<SMALL_T, BLOCK>;
    @unroll for (var b = 0u; b < BLOCK; b++) {
      let e = b * SUBGROUP + lane % SUBGROUP;
      let given = pixel + e / COLUMN_TILE;
      block[b] = select(SMALL_T(), small[given * COLUMNS + first_column + e % COLUMN_TILE], given < end);
    }
    @unroll for (var p = 0u; p < STEP; p++) {
      let source = at * vec2i(STRIDE_DOWN, STRIDE_ACROSS) + offset;
      let inside = all(source >= vec2i(0)) && all(source < vec2i(LARGE_HEIGHT, LARGE_WIDTH)) && pixel + p < end;
      let position = u32((image * LARGE_HEIGHT + source.x) * LARGE_WIDTH + source.y);
      let start = select(0u, position * (LARGE_CHANNELS / LARGE_VECTOR) + channel, inside);
      let left = select(vec4f(), vec4f(large[start]), inside);
      @unroll for (var j = 0u; j < COLUMN_TILE; j++) {
        let right = BROADCAST(block[(p * COLUMN_TILE + j) / SUBGROUP], (p * COLUMN_TILE + j) % SUBGROUP);
        @unroll for (var v = 0u; v < LARGE_VECTOR; v++) {
          total[v][j] = fma(SMALL_T(left[v]), right, total[v][j]);
        }
      }
      at.y += 1;
      if (at.y == SMALL_WIDTH) {
        at = vec2i(at.x + 1, 0);
        if (at.x == SMALL_HEIGHT) {
          at.x = 0;
          image += 1;
        }
      }
    }
  }
  if (row >= ROWS) { return; }

  @unroll for (var v = 0u; v < LARGE_VECTOR; v++) {
    @unroll for (var j = 0u; j < COLUMN_TILE; j++) {
      if (first_column + j < COLUMNS) { partial[place + v * COLUMNS + j] = total[v][j]; }
    }
  }
}
