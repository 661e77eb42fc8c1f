import type { ElementwiseName } from '../src/ops/elementwise.ts';

/**
 * The expected results of the engine, in float64 with plain loops over coordinates. Nothing here shares code with the
 * engine.
 */
export interface Values {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float64Array;
}

type Coordinate = readonly number[];

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The position of a coordinate in row-major order. */
const position = (shape: readonly number[], at: Coordinate): number => shape.reduce((p, n, d) => p * n + at[d]!, 0);

const read = (x: Values, at: Coordinate): number => x.data[position(x.shape, at)]!;

function* coordinates(shape: readonly number[]): Generator<Coordinate> {
  if (shape.length === 0) {
    yield [];
    return;
  }
  for (const outer of coordinates(shape.slice(0, -1))) {
    for (let i = 0; i < shape.at(-1)!; i++) yield [...outer, i];
  }
}

/** The values of `f` at every coordinate of `shape`. */
export function build(shape: readonly number[], f: (at: Coordinate) => number): Values {
  return { shape, data: Float64Array.from([...coordinates(shape)].map(f)) };
}

/** The coordinate of `shape` that NumPy's broadcasting reads for `at`. */
const broadcastAt = (shape: readonly number[], at: Coordinate): Coordinate =>
  shape.map((n, d) => (n === 1 ? 0 : at[at.length - shape.length + d]!));

function commonShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => Math.max(a[d - rank + a.length] ?? 1, b[d - rank + b.length] ?? 1));
}

export function elementwise(
  f: (a: number, b: number, c: number) => number,
  a: Values,
  b: Values = a,
  c: Values = a,
): Values {
  const value = (x: Values, at: Coordinate): number => read(x, broadcastAt(x.shape, at));
  return build(commonShape(commonShape(a.shape, b.shape), c.shape), (at) =>
    f(value(a, at), value(b, at), value(c, at)),
  );
}

/** An element-wise operation and the ranges of its operands in tests, which keep away from poles. */
interface Twin {
  readonly f: (a: number, b: number, c: number) => number;
  readonly a?: readonly [low: number, high: number];
  readonly b?: readonly [low: number, high: number];
  readonly c?: readonly [low: number, high: number];
}

/**
 * The standard normal distribution function, ½ + ∫₀ˣ φ: Simpson's rule in 1000 parts, exact to 1e-12 for |x| up to 3.
 */
export function normal(x: number): number {
  const [n, h] = [1000, x / 1000];
  const density = (t: number): number => Math.exp(-0.5 * t * t) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * density(i * h);
  return 0.5 + (sum * h) / 3;
}

/** The twin of the engine's table of element-wise operations. */
export const TWINS: Record<ElementwiseName, Twin> = {
  add: { f: (a, b) => a + b },
  sub: { f: (a, b) => a - b },
  mul: { f: (a, b) => a * b },
  div: { f: (a, b) => a / b, b: [0.5, 3] },
  maximum: { f: Math.max },
  minimum: { f: Math.min },
  neg: { f: (a) => -a },
  exp: { f: Math.exp },
  log: { f: Math.log, a: [0.5, 3] },
  sqrt: { f: Math.sqrt, a: [0.5, 3] },
  less: { f: (a, b) => (a < b ? 1 : 0) },
  reciprocal: { f: (a) => 1 / a, a: [0.5, 3] },
  square: { f: (a) => a ** 2 },
  abs: { f: Math.abs },
  sigmoid: { f: (a) => 1 / (1 + Math.exp(-a)) },
  tanh: { f: Math.tanh },
  relu: { f: (a) => Math.max(a, 0) },
  leakyRelu: { f: (a) => (a > 0 ? a : 0.3 * a) },
  pow: { f: (a, b) => a ** b, a: [0.5, 3] },
  where: { f: (a, b, c) => (a !== 0 ? b : c), a: [0.5, 1] }, // both sides have their own test
  clip: { f: (a, b, c) => Math.min(Math.max(a, b), c), b: [-1, 0], c: [0, 1] },
  sin: { f: Math.sin },
  cos: { f: Math.cos },
  elu: { f: (a) => (a > 0 ? a : Math.expm1(a)) },
  gelu: { f: (a) => a * normal(a) },
  silu: { f: (a) => a / (1 + Math.exp(-a)) },
  softplus: { f: (a) => Math.log1p(Math.exp(a)) },
};

export function sum(x: Values, axes: readonly number[], keepDims = false): Values {
  const kept = x.shape.map((n, d) => (axes.includes(d) ? 1 : n));
  const data = new Float64Array(sizeOf(kept));
  for (const at of coordinates(x.shape)) {
    const target = at.map((i, d) => (axes.includes(d) ? 0 : i));
    data[position(kept, target)]! += read(x, at);
  }
  return { shape: keepDims ? kept : x.shape.filter((_, d) => !axes.includes(d)), data };
}

/** `f` applied to the elements that share all coordinates except those of `axes`. */
export function reduced(f: (values: number[]) => number, x: Values, axes: readonly number[], keepDims = false): Values {
  const kept = x.shape.map((n, d) => (axes.includes(d) ? 1 : n));
  const values = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  for (const at of coordinates(x.shape))
    values[
      position(
        kept,
        at.map((i, d) => (axes.includes(d) ? 0 : i)),
      )
    ]!.push(read(x, at));
  return {
    shape: keepDims ? kept : x.shape.filter((_, d) => !axes.includes(d)),
    data: Float64Array.from(values, f),
  };
}

export function mean(x: Values, axes: readonly number[], keepDims = false): Values {
  const count = sizeOf(axes.map((d) => x.shape[d]!));
  return elementwise((total) => total / count, sum(x, axes, keepDims));
}

export const all = (x: Values): number[] => x.shape.map((_, d) => d);

export const mse = (a: Values, b: Values): Values => {
  const squares = elementwise((p, q) => (p - q) ** 2, a, b);
  return mean(squares, all(squares));
};

export const mae = (a: Values, b: Values): Values => {
  const distances = elementwise((p, q) => Math.abs(p - q), a, b);
  return mean(distances, all(distances));
};

export function transpose(x: Values, order: readonly number[]): Values {
  return build(
    order.map((d) => x.shape[d]!),
    (at) =>
      read(
        x,
        x.shape.map((_, d) => at[order.indexOf(d)]!),
      ),
  );
}

export function slice(x: Values, begin: readonly number[], end: readonly number[]): Values {
  return build(
    begin.map((from, d) => end[d]! - from),
    (at) =>
      read(
        x,
        at.map((i, d) => i + begin[d]!),
      ),
  );
}

export const reshape = (x: Values, shape: readonly number[]): Values => ({ shape, data: x.data });

export const broadcastTo = (x: Values, shape: readonly number[]): Values =>
  build(shape, (at) => read(x, broadcastAt(x.shape, at)));

export function concat(parts: readonly Values[], axis: number): Values {
  const total = parts.reduce((n, { shape }) => n + shape[axis]!, 0);
  const shape = parts[0]!.shape.map((n, d) => (d === axis ? total : n));
  return build(shape, (at) => {
    let i = at[axis]!;
    let part = 0;
    while (i >= parts[part]!.shape[axis]!) i -= parts[part++]!.shape[axis]!;
    return read(
      parts[part]!,
      at.map((n, d) => (d === axis ? i : n)),
    );
  });
}

export function matmul(a: Values, b: Values): Values {
  return build([a.shape[0]!, b.shape[1]!], ([i, j]) => {
    let total = 0;
    for (let k = 0; k < a.shape[1]!; k++) total += read(a, [i!, k]) * read(b, [k, j!]);
    return total;
  });
}

/** Keras's BatchNormalization in training, over all dimensions except the last. */
export function batchNorm(x: Values, gamma: Values, beta: Values, epsilon = 1e-3): Values & Statistics {
  const axes = all(x).slice(0, -1);
  const m = mean(x, axes);
  const centred = elementwise((a, b) => a - b, x, m);
  const variance = mean(
    elementwise((a) => a * a, centred),
    axes,
  );
  const scale = elementwise((g, v) => g / Math.sqrt(v + epsilon), gamma, variance);
  const scaled = elementwise((a, s) => a * s, centred, scale);
  return { ...elementwise((a, b) => a + b, scaled, beta), mean: m, variance };
}

interface Statistics {
  readonly mean: Values;
  readonly variance: Values;
}

/** One Adam step in Keras's form, in place. */
export function adam(
  state: { weights: Float64Array; m: Float64Array; v: Float64Array },
  gradient: Float64Array,
  t: number,
  lr: number,
): void {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-7];
  const rate = (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
  gradient.forEach((g, i) => {
    const m = beta1 * state.m[i]! + (1 - beta1) * g;
    const v = beta2 * state.v[i]! + (1 - beta2) * g * g;
    state.m[i] = m;
    state.v[i] = v;
    state.weights[i]! -= (rate * m) / (Math.sqrt(v) + epsilon);
  });
}

/**
 * The gradient of Σ f(inputs) · dy with respect to every input, by central differences. The step balances the
 * truncation error (h², about 1e-8 here) against cancellation (1e-16 / h): both are far below float32.
 */
export function numericGradients(
  f: (...inputs: Values[]) => Values,
  inputs: readonly Values[],
  dy: Float64Array,
): Values[] {
  const h = 2 ** -13;
  const loss = (): number => f(...inputs).data.reduce((total, y, i) => total + y * dy[i]!, 0);
  return inputs.map(({ shape, data }) => ({
    shape,
    data: data.map((value, i) => {
      data[i] = value + h;
      const above = loss();
      data[i] = value - h;
      const below = loss();
      data[i] = value;
      return (above - below) / (2 * h);
    }),
  }));
}
