/** Largest number of a channel's values used to estimate a period. */
const MOST = 2 ** 16;
/** A lower peak of the autocorrelation counts as noise. */
const LEAST_CORRELATION = 0.2;

/** If less than this share of a signal's sum of squares is left, the rest counts as rounding error. */
const ROUNDING = 1e-12;

/**
 * The period of a signal: the lag of the highest peak of its autocorrelation after the first lag where it is 0 or less,
 * up to a third of the signal. A linear trend is removed first, because it would hide the period. Undefined if there is
 * none, as in noise.
 */
export function periodOf(signal: ArrayLike<number>): number | undefined {
  const count = Math.min(signal.length, MOST);
  const level = withoutTrend(Array.from({ length: count }, (_, i) => signal[i]!));
  if (level === undefined) return undefined;
  const correlation = autocorrelation(level);
  const last = Math.floor(count / 3);
  let lag = 1;
  while (lag < last && correlation[lag]! > 0) lag++;
  let best: number | undefined;
  for (; lag < last; lag++) {
    const own = correlation[lag]!;
    const isPeak = own >= correlation[lag - 1]! && own >= correlation[lag + 1]!;
    if (isPeak && own > LEAST_CORRELATION && own > (best === undefined ? 0 : correlation[best]! + 0.05)) best = lag;
  }
  return best;
}

/** A signal without the line that fits it best (least squares); undefined if nothing is left. */
function withoutTrend(signal: readonly number[]): number[] | undefined {
  const mean = signal.reduce((sum, value) => sum + value, 0) / signal.length;
  const middle = (signal.length - 1) / 2;
  let [products, squares] = [0, 0];
  signal.forEach((value, t) => {
    products += (t - middle) * (value - mean);
    squares += (t - middle) ** 2;
  });
  const slope = products / squares;
  const rest = signal.map((value, t) => value - mean - slope * (t - middle));
  const energy = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** 2, 0);
  return energy(rest) > ROUNDING * energy(signal) ? rest : undefined;
}

/**
 * The autocorrelation by lag, 1 at lag 0: r(k) = Σ x(t) x(t + k) / Σ x(t)² after subtracting the mean, with each sum
 * divided by its number of terms. Computed by Fourier transform.
 */
export function autocorrelation(signal: readonly number[]): Float64Array {
  const { length } = signal;
  const size = 2 ** Math.ceil(Math.log2(2 * length));
  const mean = signal.reduce((sum, value) => sum + value, 0) / length;
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  signal.forEach((value, i) => {
    real[i] = value - mean;
  });
  transform(real, imaginary);
  for (let i = 0; i < size; i++) {
    real[i] = real[i]! ** 2 + imaginary[i]! ** 2;
    imaginary[i] = 0;
  }
  transform(real, imaginary); // for an even function, the forward transform is also the inverse
  const variance = real[0]! / length;
  return Float64Array.from({ length }, (_, lag) => (variance > 0 ? real[lag]! / (length - lag) / variance : 0));
}

/** The discrete Fourier transform in place, for a length that is a power of two (Cooley and Tukey 1965). */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const { length } = real;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j]!, real[i]!];
      [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
    }
  }
  for (let size = 2; size <= length; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let start = k; start < length; start += size) {
        const other = start + size / 2;
        const re = real[other]! * cos - imaginary[other]! * sin;
        const im = real[other]! * sin + imaginary[other]! * cos;
        real[other] = real[start]! - re;
        imaginary[other] = imaginary[start]! - im;
        real[start] = real[start]! + re;
        imaginary[start] = imaginary[start]! + im;
      }
    }
  }
}
