const STRIDE = vec2i(STRIDE_DOWN, STRIDE_ACROSS);
// The adjoint walks its output in steps of the stride.
const OUT_STRIDE = select(vec2i(1), STRIDE, ADJOINT);

// The input pixel that a tap of the window reads for the output pixel `at`.
fn source_of(at: vec2i, tap: vec2i) -> vec2i {
  if (ADJOINT) { return (at + vec2i(PAD_TOP, PAD_LEFT) - tap) / STRIDE; }
  return at * STRIDE + tap - vec2i(PAD_TOP, PAD_LEFT);
}
