// The number (from 1) of the first step whose value was not finite; 0 while there has been none.
//
// The value is bound as bits, because compilers may assume that a float is never NaN.

@group(0) @binding(0) var<storage, read> value: u32;
@group(0) @binding(1) var<storage, read> before: f32;
@group(0) @binding(2) var<storage, read> step: u32;
@group(0) @binding(3) var<storage, read_write> first: f32;

const EXPONENT = 0x7f800000u; // all ones in NaN and infinities

@compute @workgroup_size(1)
fn main() {
  let fails = (value & EXPONENT) == EXPONENT;
  first = select(before, f32(step + 1u), fails && before == 0.0);
}
