// The larger and the smaller of two, ReLU, signs: NaN stays NaN.
//
// `max` and `min` may give the operand that is a number, and compilers may take it that there is no NaN: so NaN is told by its bits.

const INFINITY = 0x7f800000; // as bits; those of NaN are larger, but for the sign

/// `y`, but NaN where a or b is.
fn with_none(a: T, b: T, y: T) -> T {
  let bits = max(bitcast<I>(a) & I(0x7fffffff), bitcast<I>(b) & I(0x7fffffff));
  return select(y, a + b, bits > I(INFINITY));
}

fn larger(a: T, b: T) -> T { return with_none(a, b, max(a, b)); }

fn smaller(a: T, b: T) -> T { return with_none(a, b, min(a, b)); }

/// What each of two extremes gets of the gradient g: all, or half of it where a = b.
fn halved(a: T, b: T, g: T) -> T { return select(g, g * T(0.5), a == b); }

/// 0 of all numbers with a sign, from −0 to −∞: as whole numbers, their bits are the smallest, up to −2²³.
fn rectified(a: T) -> T { return select(a, T(0), bitcast<I>(a) <= I(-0x800000)); }

/// 1 or −1; 0 of zeros and of NaN.
fn signs(a: T) -> T { return select(T(0), T(1), a > T(0)) - select(T(0), T(1), a < T(0)); }
