// Convolution as shaders/conv2d.wgsl computes it, through workgroup memory.
//
//   output[n, oy, ox, o] = Σ_{ky, kx, i} input[n, oy · STRIDE + ky − PAD_TOP, ox · STRIDE + kx − PAD_LEFT, i] · weights[ky, kx, i, o]
//
// A workgroup of DOWN by ACROSS lanes computes a tile: of pixels, PIXEL_QUADS times 4 a lane; of channels, CHANNEL_QUADS times 4 a lane.
// For each tap and DEPTH input channels of it, all lanes copy what the tile needs, wait for each other, and multiply.
// Quads of neighbouring lanes lie next to each other, so that a lane's own are DOWN (or ACROSS) quads apart.

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

const PIXEL_ROW = PIXEL_QUADS * DOWN;
const CHANNEL_ROW = CHANNEL_QUADS * ACROSS;

// [channel][pixel / 4], with four pixels a vec4f, and [channel][output channel / 4].
var<workgroup> values: array<vec4f, DEPTH * PIXEL_ROW>;
var<workgroup> factors: array<vec4f, DEPTH * CHANNEL_ROW>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let down = lane / ACROSS;
  let across = lane % ACROSS;
  let first_pixel = (workgroup.z * WIDE + workgroup.x) * PIXEL_ROW * 4u;
  let first_quad = workgroup.y * CHANNEL_ROW;

  // What this lane copies: of some pixels, four channels each.
  var corner: array<vec2i, COPIED>;
  var start: array<i32, COPIED>;
  @unroll for (var c = 0u; c < COPIED; c++) {
    let pixel = i32(first_pixel + (c * LANES + lane) / (DEPTH / 4u));
    corner[c] = vec2i((pixel / OUT_WIDTH) % OUT_HEIGHT, pixel % OUT_WIDTH) * STRIDE - vec2i(PAD_TOP, PAD_LEFT);
    start[c] = pixel / (OUT_HEIGHT * OUT_WIDTH) * IN_HEIGHT * IN_WIDTH;
  }

  var total: array<array<vec4f, CHANNEL_QUADS>, PIXELS_EACH>;
  for (var tap = 0; tap < WINDOW_HEIGHT * WINDOW_WIDTH; tap++) {
    for (var i = 0u; i < IN_CHANNELS; i += DEPTH) {
      workgroupBarrier();
      @unroll for (var c = 0u; c < COPIED; c++) {
        let e = c * LANES + lane;
        let pixel = e / (DEPTH / 4u);
        let quad = e % (DEPTH / 4u);
        let at = corner[c] + vec2i(tap / WINDOW_WIDTH, tap % WINDOW_WIDTH);
        let inside = all(at >= vec2i(0)) && all(at < vec2i(IN_HEIGHT, IN_WIDTH)) && first_pixel + pixel < PIXELS;
        let place = select(0u, u32(start[c] + at.x * IN_WIDTH + at.y) * (IN_CHANNELS / 4u) + i / 4u + quad, inside);
        let value = select(vec4f(), input[place], inside);
        @unroll for (var k = 0u; k < 4; k++) {
          values[(quad * 4u + k) * PIXEL_ROW + pixel / 4u][pixel % 4u] = value[k];
        }
      }
      for (var e = lane; e < DEPTH * CHANNEL_ROW; e += LANES) {
        let quad = first_quad + e % CHANNEL_ROW;
        let row = u32(tap) * IN_CHANNELS + i + e / CHANNEL_ROW;
        factors[e] = select(vec4f(), weights[row * (OUT_CHANNELS / 4u) + quad], quad < OUT_CHANNELS / 4u);
      }
      workgroupBarrier();
      @unroll for (var k = 0u; k < DEPTH; k++) {
        var factor: array<vec4f, CHANNEL_QUADS>;
        @unroll for (var j = 0u; j < CHANNEL_QUADS; j++) {
          factor[j] = factors[k * CHANNEL_ROW + j * ACROSS + across];
        }
        @unroll for (var q = 0u; q < PIXEL_QUADS; q++) {
          let value = values[k * PIXEL_ROW + q * DOWN + down];
          @unroll for (var p = 0u; p < 4; p++) {
            @unroll for (var j = 0u; j < CHANNEL_QUADS; j++) {
              total[q * 4u + p][j] = fma(vec4f(value[p]), factor[j], total[q * 4u + p][j]);
            }
          }
        }
      }
    }
  }

  @unroll for (var q = 0u; q < PIXEL_QUADS; q++) {
    @unroll for (var p = 0u; p < 4; p++) {
      let pixel = first_pixel + (q * DOWN + down) * 4u + p;
      @unroll for (var j = 0u; j < CHANNEL_QUADS; j++) {
        let quad = first_quad + j * ACROSS + across;
        if (pixel < PIXELS && quad < OUT_CHANNELS / 4u) {
          output[pixel * (OUT_CHANNELS / 4u) + quad] = total[q * 4u + p][j];
        }
      }
    }
  }
}
