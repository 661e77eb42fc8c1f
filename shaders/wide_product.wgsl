// The 64 bits of a · b as (low, high), from four products of 16-bit halves: WGSL has no 64-bit product.
fn wide_product(a: u32, b: u32) -> vec2u {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle_a = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let middle_b = (a & 0xffffu) * (b >> 16u) + (middle_a & 0xffffu);
  return vec2u(a * b, (a >> 16u) * (b >> 16u) + (middle_a >> 16u) + (middle_b >> 16u));
}
