// Philox4x32-10 (Salmon et al. 2011): four random words from a counter and a key, in ten rounds of multiply and swap.

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
