// indices[i] = the number below TOTAL at position start + i of a random order.
//
// The order is a bijection on 2 · HALF_BITS bits: a Feistel network of ROUNDS rounds whose round function is Philox
// with key (seed, epoch). A number that comes out at TOTAL or above goes through again until it is below, which keeps
// the mapping a bijection.

@group(0) @binding(0) var<storage, read> seed: u32;
@group(0) @binding(1) var<storage, read> epoch: u32;
@group(0) @binding(2) var<storage, read> start: u32;
@group(0) @binding(3) var<storage, read_write> indices: array<u32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  if (lane >= COUNT) { return; }
  var number = permute((start % TOTAL + lane) % TOTAL);
  while (number >= TOTAL) { number = permute(number); }
  indices[lane] = number;
}

fn permute(number: u32) -> u32 {
  let mask = (1u << HALF_BITS) - 1u;
  var left = number >> HALF_BITS;
  var right = number & mask;
  for (var round = 0u; round < ROUNDS; round++) {
    let mixed = left ^ (philox(vec4u(right, round, 0u, 1u), vec2u(seed, epoch)).x & mask);
    left = right;
    right = mixed;
  }
  return (left << HALF_BITS) | right;
}
