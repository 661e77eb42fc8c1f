// Stores up to four channels of a pixel, one by one.
fn store(pixel: u32, channel: u32, value: vec4f) {
  let e = pixel * OUT_CHANNELS + channel;
  @unroll for (var c = 0u; c < 4u; c++) {
    if (channel + c < OUT_CHANNELS) { output[e + c] = epilogue(e + c, value[c]); }
  }
}
