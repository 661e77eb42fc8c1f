// The sum of what the MEMBERS lanes of one result have, in their order; for the first of them.
var<workgroup> totals: array<T, LANES>;

fn joined(local: u32, total: T) -> T {
  totals[local] = total;
  workgroupBarrier();
  var sum = total;
  for (var m = 1u; m < MEMBERS; m++) { sum += totals[(local + m * ACROSS) % LANES]; }
  return sum;
}
