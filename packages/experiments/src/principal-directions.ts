/** Largest number of sweeps over all pairs. A 200 x 200 matrix is diagonal to float64 precision after about eight. */
const MOST_SWEEPS = 30;

/**
 * The principal directions of codes: the orthogonal directions along which codes vary most, the strongest first. The
 * length of each is the standard deviation (divisor n) of the codes along it, and its largest component is positive.
 * The `codes.safetensors` next to a checkpoint stores them as `directions`.
 *
 * @param codes row-major [n, latent]
 * @param count how many directions, at most `latent`
 * @returns row-major [count, latent]
 */
export const principalDirections = (codes: Float32Array, latent: number, count: number): Float32Array =>
  strongest(covariance(codes, latent), latent, count, (variance) => Math.sqrt(Math.max(0, variance)));

/**
 * The orthogonal directions of codes that change the outputs of a decoder's first layer most, the strongest first (Shen
 * and Zhou 2021). The length of each is 1, the standard deviation of codes drawn from N(0, 1) along it, and its largest
 * component is positive.
 *
 * @param kernel of a dense layer, row-major [latent, units]
 * @param count how many directions, at most `latent`
 * @returns row-major [count, latent]
 */
export function steepestDirections(kernel: Float32Array, latent: number, count: number): Float32Array {
  const units = kernel.length / latent;
  const products = new Float64Array(latent * latent);
  for (let i = 0; i < latent; i++)
    for (let j = 0; j < latent; j++)
      for (let unit = 0; unit < units; unit++)
        products[i * latent + j]! += kernel[i * units + unit]! * kernel[j * units + unit]!;
  return strongest(products, latent, count, () => 1);
}

/**
 * The eigenvectors [count, latent] of the greatest eigenvalues of a symmetric matrix, which is overwritten. Their largest
 * components are positive.
 */
function strongest(
  matrix: Float64Array,
  latent: number,
  count: number,
  lengthOf: (eigenvalue: number) => number,
): Float32Array {
  const { values, vectors } = symmetricEigen(matrix, latent);
  const chosen = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, count);
  const directions = chosen.flatMap((which) => {
    const vector = Array.from({ length: latent }, (_, i) => vectors[i * latent + which]!);
    const largest = vector.reduce((best, part) => (Math.abs(part) > Math.abs(best) ? part : best), 0);
    const scale = Math.sign(largest) * lengthOf(values[which]!);
    return vector.map((part) => part * scale);
  });
  return Float32Array.from(directions);
}

/** The covariance matrix [latent, latent] of codes [n, latent], with divisor n. */
export function covariance(codes: Float32Array, latent: number): Float64Array {
  const n = codes.length / latent;
  const mean = new Float64Array(latent);
  codes.forEach((value, i) => {
    mean[i % latent]! += value / n;
  });
  const matrix = new Float64Array(latent * latent);
  for (let row = 0; row < codes.length; row += latent) {
    for (let i = 0; i < latent; i++) {
      const deviation = (codes[row + i]! - mean[i]!) / n;
      for (let j = 0; j <= i; j++) matrix[i * latent + j]! += deviation * (codes[row + j]! - mean[j]!);
    }
  }
  for (let i = 0; i < latent; i++) for (let j = 0; j < i; j++) matrix[j * latent + i] = matrix[i * latent + j]!;
  return matrix;
}

/**
 * Eigenvalues, and eigenvectors in columns, of a symmetric matrix [size, size], by Jacobi's method with cyclic sweeps
 * (Golub and Van Loan, Matrix Computations, 8.5). Overwrites the matrix.
 */
export function symmetricEigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const at = (i: number, j: number): number => matrix[i * size + j]!;
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  const scale = Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let largest = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        largest = Math.max(largest, Math.abs(at(p, q)));
        if (Math.abs(at(p, q)) <= scale * Number.EPSILON) continue;
        const tau = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const cos = 1 / Math.sqrt(1 + t * t);
        for (const [target, first, second, step] of [
          [matrix, p, q, size], // columns p and q
          [matrix, p * size, q * size, 1], // rows p and q
          [vectors, p, q, size],
        ] as const)
          rotate(target, first, second, step, size, cos, t * cos);
      }
    }
    if (largest <= scale * Number.EPSILON) break;
  }
  return { values: Float64Array.from({ length: size }, (_, i) => at(i, i)), vectors };
}

/** Rotates two columns or rows by the angle with this cosine and sine. Their elements are `step` apart. */
function rotate(
  target: Float64Array,
  first: number,
  second: number,
  step: number,
  size: number,
  cos: number,
  sin: number,
): void {
  for (let k = 0; k < size; k++) {
    const [a, b] = [target[first + k * step]!, target[second + k * step]!];
    target[first + k * step] = cos * a - sin * b;
    target[second + k * step] = sin * a + cos * b;
  }
}
