// The sum over the MEMBERS lanes of one result, in their order. Only the first lane uses it.
var<workgroup> totals: array<T, LANES>;

fn joined(local: u32, own: Sum) -> Sum {
  totals[local] = own.total + own.rest;
  workgroupBarrier();
  var sum = Sum(totals[local], T());
  for (var m = 1u; m < MEMBERS; m++) { sum = added(sum, totals[(local + m * ACROSS) % LANES], given.zero); }
  return Sum(sum.total, finite(sum.rest));
}
