// Sums whose rounding errors are added up too, if COMPENSATED.

struct Sum {
  total: T,
  rest: T, // the part of the sum lost to rounding
}

/// The rounding error is term − ((total + term) − total). Compilers would simplify it to 0; the XOR with a zero from
/// memory hides the sum from them.
fn added(sum: Sum, term: T, zero: i32) -> Sum {
  let total = sum.total + term;
  if (!COMPENSATED) { return Sum(total, T()); }
  let grown = bitcast<T>(bitcast<I>(total) ^ I(zero)) - sum.total;
  return Sum(total, sum.rest + (term - grown));
}

/// x, or 0 where an infinite sum has made it infinite or NaN.
fn finite(x: T) -> T {
  return select(x, T(), (bitcast<I>(x) & I(0x7f800000)) == I(0x7f800000));
}
