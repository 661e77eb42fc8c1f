// A matrix product through workgroup memory.
//
//   result[row, column] = Σ_k left[row, k] · right[k, column]
//
// A workgroup computes a tile of ROWS by COLUMNS results; each lane computes ROW_QUADS · 4 by COLUMN_QUADS · 4 of them.
// The terms k come in slices of DEPTH. While the lanes multiply one slice from workgroup memory, they read the next one
// into registers.
//
// The text below this one defines the operands:
//   tile_at(workgroup)            the tile's first row and column, its part (of PARTS) and its slices
//   slice_at(tile, s), row_at(tile, row)   the values that all reads of a slice, or of a row, share
//   left(row, slice, k)           four elements of the left side: of four terms (LEFT_DEEP), or of four rows
//   right(tile, slice, k, column) four elements of the right side: of four terms (RIGHT_DEEP), or of four columns
//   begun(tile, row, column)      the initial values of four neighbouring results
//   put(tile, row, column, four)  stores four neighbouring results
//
// Lanes copy blocks of 4 by 4 elements. The quads of neighbouring lanes are adjacent, so one lane's quads are DOWN (or
// ACROSS) quads apart.

const ROW_BLOCKS = ROWS / 4u;
const COLUMN_BLOCKS = COLUMNS / 4u;
const DEPTH_BLOCKS = DEPTH / 4u;
// An odd stride spreads the terms of a block over the banks of workgroup memory.
const LEFT_STRIDE = ROW_BLOCKS + 1u;
const RIGHT_STRIDE = COLUMN_BLOCKS + 1u;

// [term][row / 4] and [term][column / 4].
var<workgroup> left_tile: array<vec4f, DEPTH * LEFT_STRIDE>;
var<workgroup> right_tile: array<vec4f, DEPTH * RIGHT_STRIDE>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let down = lane / ACROSS;
  let across = lane % ACROSS;
  let tile = tile_at(unfolded(workgroup));
  if (tile.part >= PARTS) { return; }

  // The rows whose elements this lane copies.
  var rows: array<array<Row, 4>, LEFT_COPIES>;
  @unroll for (var c = 0u; c < LEFT_COPIES; c++) {
    let first = tile.first_row + left_block(c * LANES + lane).x;
    @unroll for (var i = 0u; i < 4; i++) {
      rows[c][i] = row_at(tile, first + i);
    }
  }

  var total: array<array<vec4f, COLUMN_QUADS>, LANE_ROWS>;
  @unroll for (var r = 0u; r < LANE_ROWS; r++) {
    @unroll for (var j = 0u; j < COLUMN_QUADS; j++) {
      total[r][j] = begun(tile, row_of(tile, down, r), column_of(tile, across, j));
    }
  }

  // Many terms are added in blocks of slices to limit rounding error; this is the sum of the finished blocks.
  var blocks: array<array<vec4f, COLUMN_QUADS>, LANE_ROWS>;
  // Round s reads slice s and multiplies slice s − 1.
  for (var s = tile.first_slice; s <= tile.end_slice; s++) {
    var left_next: array<mat4x4f, LEFT_COPIES>;
    var right_next: array<mat4x4f, RIGHT_COPIES>;
    if (s < tile.end_slice) {
      let slice = slice_at(tile, s);
      @unroll for (var c = 0u; c < LEFT_COPIES; c++) {
        let block = left_block(c * LANES + lane);
        if (block.y < DEPTH && block.x < ROWS) {
          @unroll for (var i = 0u; i < 4; i++) {
            if (LEFT_DEEP) { left_next[c][i] = left(rows[c][i], slice, block.y); }
            else { left_next[c][i] = left(rows[c][0], slice, block.y + i); }
          }
        }
      }
      @unroll for (var c = 0u; c < RIGHT_COPIES; c++) {
        let block = right_block(c * LANES + lane);
        if (block.x < DEPTH && block.y < COLUMNS) {
          let column = tile.first_column + block.y;
          @unroll for (var i = 0u; i < 4; i++) {
            if (RIGHT_DEEP) { right_next[c][i] = right(tile, slice, block.x, column + i); }
            else { right_next[c][i] = right(tile, slice, block.x + i, column); }
          }
        }
      }
    }

    if (s > tile.first_slice) {
      for (var k = 0u; k < DEPTH; k++) {
        var factor: array<vec4f, COLUMN_QUADS>;
        @unroll for (var j = 0u; j < COLUMN_QUADS; j++) {
          factor[j] = right_tile[k * RIGHT_STRIDE + j * ACROSS + across];
        }
        @unroll for (var q = 0u; q < ROW_QUADS; q++) {
          let value = left_tile[k * LEFT_STRIDE + q * DOWN + down];
          @unroll for (var p = 0u; p < 4; p++) {
            @unroll for (var j = 0u; j < COLUMN_QUADS; j++) {
              total[q * 4u + p][j] = fma(vec4f(value[p]), factor[j], total[q * 4u + p][j]);
            }
          }
        }
      }
    }

    if (BLOCKED) {
      if ((s - tile.first_slice) % BLOCK_STEPS == 0u || s == tile.end_slice) {
        @unroll for (var r = 0u; r < LANE_ROWS; r++) {
          @unroll for (var j = 0u; j < COLUMN_QUADS; j++) {
            blocks[r][j] += total[r][j];
            total[r][j] = vec4f();
          }
        }
      }
    }

    workgroupBarrier();
    if (s < tile.end_slice) {
      @unroll for (var c = 0u; c < LEFT_COPIES; c++) {
        let block = left_block(c * LANES + lane);
        if (block.y < DEPTH && block.x < ROWS) {
          if (LEFT_DEEP) { left_next[c] = transpose(left_next[c]); }
          @unroll for (var i = 0u; i < 4; i++) {
            left_tile[(block.y + i) * LEFT_STRIDE + block.x / 4u] = left_next[c][i];
          }
        }
      }
      @unroll for (var c = 0u; c < RIGHT_COPIES; c++) {
        let block = right_block(c * LANES + lane);
        if (block.x < DEPTH && block.y < COLUMNS) {
          if (RIGHT_DEEP) { right_next[c] = transpose(right_next[c]); }
          @unroll for (var i = 0u; i < 4; i++) {
            right_tile[(block.x + i) * RIGHT_STRIDE + block.y / 4u] = right_next[c][i];
          }
        }
      }
    }
    workgroupBarrier();
  }

  @unroll for (var r = 0u; r < LANE_ROWS; r++) {
    @unroll for (var j = 0u; j < COLUMN_QUADS; j++) {
      put(tile, row_of(tile, down, r), column_of(tile, across, j), select(total[r][j], blocks[r][j], BLOCKED));
    }
  }
}

// The first row and term of a block. Neighbouring blocks follow the dimension that is contiguous in memory.
fn left_block(e: u32) -> vec2u {
  if (LEFT_DEEP) { return vec2u(e / DEPTH_BLOCKS, e % DEPTH_BLOCKS) * 4u; }
  return vec2u(e % ROW_BLOCKS, e / ROW_BLOCKS) * 4u;
}

// The first term and column of a block.
fn right_block(e: u32) -> vec2u {
  if (RIGHT_DEEP) { return vec2u(e % DEPTH_BLOCKS, e / DEPTH_BLOCKS) * 4u; }
  return vec2u(e / COLUMN_BLOCKS, e % COLUMN_BLOCKS) * 4u;
}

fn row_of(tile: Tile, down: u32, r: u32) -> u32 {
  return tile.first_row + (r / 4u * DOWN + down) * 4u + r % 4u;
}

fn column_of(tile: Tile, across: u32, j: u32) -> u32 {
  return tile.first_column + (j * ACROSS + across) * 4u;
}
