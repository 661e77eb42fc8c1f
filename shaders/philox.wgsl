// Philox4x32-10 (Salmon et al. 2011): four random words from a counter and a key, ten rounds of multiply and exchange.

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let p0 = wide_product(c.x, 0xd2511f53u);
    let p1 = wide_product(c.z, 0xcd9e8d57u);
    c = vec4u(p1.y ^ c.y ^ k.x, p1.x, p0.y ^ c.w ^ k.y, p0.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// The 64 bits of a · b as (low, high): WGSL has no such product, so from four products of 16 bits.
fn wide_product(a: u32, b: u32) -> vec2u {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle_a = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let middle_b = (a & 0xffffu) * (b >> 16u) + (middle_a & 0xffffu);
  return vec2u(a * b, (a >> 16u) * (b >> 16u) + (middle_a >> 16u) + (middle_b >> 16u));
}
