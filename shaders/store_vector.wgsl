// Stores four channels of a pixel at once, where the number of channels is a multiple of four.
fn store(pixel: u32, channel: u32, value: vec4f) {
  let e = pixel * OUT_CHANNELS + channel;
  if (channel < OUT_CHANNELS) { output[e / 4u] = epilogue(e, value); }
}
