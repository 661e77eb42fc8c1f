/** The value of an IEEE 754 binary16 number, given as its 16 bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * (1024 + fraction) * 2 ** (exponent - 25) : sign * fraction * 2 ** -24;
}

/** The 16 bits of the IEEE 754 binary16 number nearest to `value`, ties to even. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  // -14 is the exponent of the smallest normal number. Subnormal numbers below it are all spaced equally.
  let exponent = -14;
  while (magnitude >= 2 ** (exponent + 1)) exponent++;
  const ulps = magnitude / 2 ** (exponent - 10);
  const rounded = ulps + 2 ** 52 - 2 ** 52; // doubles of this size have no fraction, so the sum rounds ties to even
  return sign | ((exponent + 14) * 1024 + rounded); // a carry out of the fraction correctly increments the exponent
}
