// The adjoint of gathering rows:  output[r, e] = epilogue( Σ_{i: indices[i] = r} gradient[i, e] ), WIDTH neighbouring
// elements per lane.
//
// Each lane scans all indices: there are few rows, and without atomics the order of additions is always the same.
// A row may occur very often, so each rounding error is added to the next term (Kahan 1965).

struct Given {
  count: u32,
  zero: i32,
}

@group(0) @binding(0) var<storage, read> gradient: array<T>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<T>;
@group(0) @binding(3) var<uniform> given: Given;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lane = id.y * ROW + id.x;
  let e = lane * WIDTH;
  if (e >= SIZE) { return; }
  let row = e / ROW_SIZE;
  var sum = Sum();
  for (var i = 0u; i < given.count; i++) {
    if (indices[i] == row) {
      let term = gradient[(i * ROW_SIZE + e % ROW_SIZE) / WIDTH] + finite(sum.rest);
      sum = added(Sum(sum.total, T()), term, given.zero);
    }
  }
  output[lane] = epilogue(e, sum.total);
}
