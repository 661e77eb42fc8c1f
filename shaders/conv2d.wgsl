// Convolution and its adjoint, as a matrix product that gathers its left side.
//
//   output[n, oy, ox, o] = epilogue( Σ_{ky, kx, i} input[n, iy, ix, i] · weights[ky, kx, i, o] )
//
//   convolution:  iy = oy · STRIDE_DOWN + ky − PAD_TOP,      0 where that is outside
//   adjoint:      iy = (oy + PAD_TOP − ky) / STRIDE_DOWN,    only the ky that divide without remainder
//
// Likewise ix with STRIDE_ACROSS.
//
// A lane computes PIXEL_TILE neighbouring pixels by COLUMNS vec4f of output channels. It takes IN_VECTOR input channels
// at a time, which need IN_VECTOR vec4f of weights per column. Each vec4f holds one input and four output channels
// (WEIGHT is given[k]). Where the adjoint reads weights in the convolution's layout, it holds one output and four input
// channels (WEIGHT gathers the k-th of each). All lanes need the same weights, so each lane of a subgroup loads a share
// and broadcasts it.
// The adjoint walks a grid of every OUT_STRIDE-th pixel, one phase of the stride at a time, so that all lanes share the
// same taps.
// Where pixels and channels give too few lanes, the input channels are split into PARTS parts of CHUNK vectors. The
// partial results [n, part, oy, ox, o] are summed afterwards.

@group(0) @binding(0) var<storage, read> input: array<IN_T>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<T>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(SUBGROUP_LANE) lane: u32,
) {
  // With one part, `part` is always 0. Drivers cannot know that, so they neither unroll short loops nor reorder
  // additions.
  let tile = unfolded(workgroup);
  let part = tile.z / PHASES;
  if (part >= PARTS) { return; }
  let first_pixel = (tile.x * LANES + id.x % LANES) * PIXEL_TILE;
  let phase = vec2i(i32(tile.z % PHASES / PHASES_ACROSS), i32(tile.z % PHASES_ACROSS));

  // The image, row and column of every pixel of the tile.
  var image: array<i32, PIXEL_TILE>;
  var at: array<vec2i, PIXEL_TILE>;
  @unroll for (var p = 0u; p < PIXEL_TILE; p++) {
    let pixel = i32(first_pixel + p);
    image[p] = pixel / (GRID_HEIGHT * GRID_WIDTH);
    at[p] = vec2i((pixel / GRID_WIDTH) % GRID_HEIGHT, pixel % GRID_WIDTH) * OUT_STRIDE + phase;
  }

  var total: array<array<vec4f, COLUMNS>, PIXEL_TILE>;
  // Many terms are added in blocks to limit rounding error; this is the sum of the finished blocks. A block has at most
  // BLOCK_TAPS taps: if windows are wide, one tap has too few terms.
  var blocks: array<array<vec4f, COLUMNS>, PIXEL_TILE>;
  // The positions of the weights that this lane loads for its subgroup, which needs IN_VECTOR vec4f for each of
  // COLUMNS.
  var first: array<u32, BLOCK>;
  @unroll for (var b = 0u; b < BLOCK; b++) {
    let e = b * SUBGROUP + lane % SUBGROUP;
    first[b] = tile.y * GROUP_STRIDE + e / IN_VECTOR * COLUMN_STRIDE + e % IN_VECTOR * ROW_STRIDE;
  }
  let first_tap = (phase + vec2i(PAD_TOP, PAD_LEFT)) % OUT_STRIDE;
  var taps = 0u;
  for (var ky = first_tap.x; ky < WINDOW_HEIGHT; ky += OUT_STRIDE.x) {
    for (var kx = first_tap.y; kx < WINDOW_WIDTH; kx += OUT_STRIDE.y) {
      let tap = vec2i(ky, kx);
      taps += 1u;
      var start: array<u32, PIXEL_TILE>;
      var inside: array<bool, PIXEL_TILE>;
      @unroll for (var p = 0u; p < PIXEL_TILE; p++) {
        let source = source_of(at[p], tap);
        inside[p] = all(source >= vec2i(0)) && all(source < vec2i(IN_HEIGHT, IN_WIDTH)) && first_pixel + p < PIXELS;
        let place = (image[p] * IN_HEIGHT + source.x) * IN_WIDTH + source.y;
        start[p] = select(0u, u32(place) * (IN_CHANNELS / IN_VECTOR), inside[p]);
      }
      var row = u32(ky * WINDOW_WIDTH + kx) * TAP_STRIDE + part * CHUNK * STEP;
      let end = min((part + 1u) * CHUNK, IN_CHANNELS / IN_VECTOR);
      for (var i = part * CHUNK; i < end; i++) {
        var value: array<vec4f, PIXEL_TILE>;
        @unroll for (var p = 0u; p < PIXEL_TILE; p++) {
          value[p] = select(vec4f(), vec4f(input[start[p] + i]), inside[p]);
        }
        var block: array<vec4f, BLOCK>;
        @unroll for (var b = 0u; b < BLOCK; b++) {
          block[b] = weights[row + first[b]];
        }
        @unroll for (var j = 0u; j < COLUMNS; j++) {
          var given: array<vec4f, IN_VECTOR>;
          @unroll for (var k = 0u; k < IN_VECTOR; k++) {
            given[k] = BROADCAST(block[(j * IN_VECTOR + k) / SUBGROUP], (j * IN_VECTOR + k) % SUBGROUP);
          }
          @unroll for (var k = 0u; k < IN_VECTOR; k++) {
            let weight = WEIGHT;
            @unroll for (var p = 0u; p < PIXEL_TILE; p++) {
              total[p][j] = fma(vec4f(value[p][k]), weight, total[p][j]);
            }
          }
        }
        row += STEP;
        if (BLOCKED) {
          if ((i + 1u) % BLOCK_STEPS == 0u || (i + 1u == end && taps % BLOCK_TAPS == 0u)) {
            @unroll for (var p = 0u; p < PIXEL_TILE; p++) {
              @unroll for (var j = 0u; j < COLUMNS; j++) {
                blocks[p][j] += total[p][j];
                total[p][j] = vec4f();
              }
            }
          }
        }
      }
    }
  }

  @unroll for (var p = 0u; p < PIXEL_TILE; p++) {
    if (first_pixel + p < PIXELS && at[p].x < OUT_HEIGHT && at[p].y < OUT_WIDTH) {
      let pixel = u32(((image[p] * PARTS + i32(part)) * OUT_HEIGHT + at[p].x) * OUT_WIDTH + at[p].y);
      @unroll for (var j = 0u; j < COLUMNS; j++) {
        store(pixel, (tile.y * COLUMNS + j) * 4u, select(total[p][j], blocks[p][j] + total[p][j], BLOCKED));
      }
    }
  }
}
