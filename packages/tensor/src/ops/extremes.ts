import extremeKernel from '@hourglass/shaders/extreme.ts';
import extremeIndexText from '@hourglass/shaders/extreme_index.wgsl';
import { normalizeAxes, type Shape, sizeOf } from '../shape.ts';
import type { GradientRule, Tensor } from '../tensor.ts';
import { kernel } from './custom.ts';
import { checkFloat } from './dtype.ts';
import { formula } from './elementwise.ts';
import { reshape } from './movement.ts';
import { exceedsBinding, mergedFor, partsAxis, sum, walk } from './reduce.ts';

/** The kernels' names for the two extremes. */
const FURTHER = { max: 'larger', min: 'smaller' } as const;
type Extreme = keyof typeof FURTHER;

/**
 * The largest or smallest element over `axes` (default: all), as PyTorch's `amax` and `amin`: equal extremes share the
 * gradient evenly.
 */
export function extreme(of: Extreme, x: Tensor, axes?: number | readonly number[], { keepDims = false } = {}): Tensor {
  checkFloat(of, x);
  const reduced = normalizeAxes(typeof axes === 'number' ? [axes] : (axes ?? x.shape.map((_, d) => d)), x.shape, of);
  const kept = x.shape.map((n, d) => (reduced.includes(d) ? 1 : n));
  const gradient: GradientRule = (g, y) => {
    const [extremes, gradients] = [y, g].map((tensor) => reshape(tensor, kept)) as [Tensor, Tensor];
    const ties = sum(formula('ties', 'select(T(0), T(1), x == y)', { x, y: extremes }), reduced, { keepDims: true });
    // If an element is NaN, there are no ties, and PyTorch's gradient is 0 / 0 too.
    const share = '(g / n) * select(T(0), T(1), x == y)';
    return [formula(`${of}Gradient`, share, { g: gradients, n: ties, x, y: extremes })];
  };
  return reshape(kernels(of, x, reduced, gradient), keepDims ? kept : x.shape.filter((_, d) => !reduced.includes(d)));
}

/** If there are many terms and few results, extremes of interleaved parts come first, to keep enough lanes busy. */
function kernels(of: Extreme, x: Tensor, axes: readonly number[], gradient: GradientRule): Tensor {
  if (axes.length === 0) return x;
  const { reductionLanes, reductionTerms } = x.device.tiles;
  const terms = sizeOf(axes.map((d) => x.shape[d]!));
  const result = x.shape.filter((_, d) => !axes.includes(d));
  const through = (whole: Tensor): Tensor =>
    whole.derive(result, { kind: 'reshape', name: of, inputs: [whole], sources: [x], gradient });
  if (exceedsBinding(x)) {
    const merged = mergedFor(x.shape, axes);
    if (merged.shape.length < x.rank) return through(kernels(of, reshape(x, merged.shape), merged.axes, () => []));
  }
  const splits = Math.min(Math.ceil((reductionLanes * terms) / x.size), Math.floor(terms / reductionTerms));
  const single = splits < 2 && !(exceedsBinding(x) && axes.includes(0));
  if (single) return oneKernel(of, x, axes, 1, result, { epilogue: true, gradient });
  const parts = oneKernel(of, x, axes, Math.max(splits, 1), result, { epilogue: false });
  return through(kernels(of, parts, [partsAxis(x, axes)], () => []));
}

function oneKernel(
  of: Extreme,
  x: Tensor,
  axes: readonly number[],
  splits: number,
  result: Shape,
  rule: { readonly epilogue: boolean; readonly gradient?: GradientRule },
): Tensor {
  const overBatch = axes.includes(0);
  const along = partsAxis(x, axes);
  const shape = rule.epilogue ? result : [...result.slice(0, along), splits, ...result.slice(along)];
  return x.derive(shape, {
    kind: 'kernel',
    name: of,
    inputs: [x],
    prologue: true,
    // A piece is some of the terms of all results, or all terms of some results.
    batch: (overBatch ? !rule.epilogue : splits === 1 || along === 1) ? x.shape[0]! : 1,
    ...rule,
    lower: (lowering) => {
      const { piece } = lowering;
      const { terms, results, functions } = walk(x.shape, axes, piece);
      const width = axes.includes(x.rank - 1) ? 1 : lowering.vectorWidth([results, x.shape.at(-1)!]);
      return [
        lowering.dispatch(extremeKernel, {
          width,
          constants: {
            RESULTS: results,
            INNER: (along === 0 ? results : sizeOf(result.slice(1))) / width,
            FURTHER: FURTHER[of],
            PIECEWISE: overBatch && !piece.isWhole,
          },
          functions,
          buffers: {
            output: overBatch ? lowering.output() : lowering.share(lowering.output()),
            given: { words: [terms, splits, piece.from] },
          },
          lanes: (results / width) * splits,
        }),
      ];
    },
  });
}

/** The index along `axis` of the first of the largest or smallest elements: u32, without that dimension. */
export function extremeIndex(of: Extreme, x: Tensor, axis: number | undefined): Tensor {
  const name = of === 'max' ? 'argMax' : 'argMin';
  if (axis === undefined) return extremeIndex(of, reshape(x, [x.size]), 0);
  checkFloat(name, x);
  const [along] = normalizeAxes([axis], x.shape, name) as [number];
  return kernel({
    name,
    inputs: { x },
    shape: x.shape.filter((_, d) => d !== along),
    dtype: 'u32',
    constants: { TERMS: x.shape[along]!, INNER: sizeOf(x.shape.slice(along + 1)), LARGEST: of === 'max' },
    wgsl: extremeIndexText,
    gradient: () => ({}),
  });
}
