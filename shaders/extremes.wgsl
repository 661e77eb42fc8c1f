// The larger and the smaller of two numbers, ReLU and signs: NaN stays NaN.
//
// `max` and `min` may return the operand that is a number, and compilers may assume that no NaN exists. So these
// functions detect NaN from its bits.

const INFINITY = 0x7f800000; // its bits; the bits of NaN are larger, ignoring the sign

/// `y`, or NaN where a or b is NaN.
fn with_none(a: T, b: T, y: T) -> T {
  let bits = max(bitcast<I>(a) & I(0x7fffffff), bitcast<I>(b) & I(0x7fffffff));
  return select(y, a + b, bits > I(INFINITY));
}

fn larger(a: T, b: T) -> T { return with_none(a, b, max(a, b)); }

fn smaller(a: T, b: T) -> T { return with_none(a, b, min(a, b)); }

/// The share of the gradient g that an extreme of a and b gets: all of it, or half where a = b.
fn halved(a: T, b: T, g: T) -> T { return select(g, g * T(0.5), a == b); }

/// 0 for every number with a sign bit, from −0 to −∞: as integers, their bits are the smallest, up to −2²³.
fn rectified(a: T) -> T { return select(a, T(0), bitcast<I>(a) <= I(-0x800000)); }

/// 1 or −1; 0 for zeros and NaN.
fn signs(a: T) -> T { return select(T(0), T(1), a > T(0)) - select(T(0), T(1), a < T(0)); }
