import extremeKernel from '@hourglass/shaders/extreme.ts';
import extremeIndexText from '@hourglass/shaders/extreme_index.wgsl';
import { normalizeAxes, type Shape, sizeOf } from '../shape.ts';
import type { GradientRule, Tensor } from '../tensor.ts';
import { kernel } from './custom.ts';
import { checkFloat } from './dtype.ts';
import { formula } from './elementwise.ts';
import { reshape } from './movement.ts';
import { sum, walk } from './reduce.ts';

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
  const result = x.shape.filter((_, d) => !reduced.includes(d));
  return reshape(kernels(of, x, reduced, result, gradient), keepDims ? kept : result);
}

/** If there are many terms and few results, extremes of interleaved parts come first, to keep enough lanes busy. */
function kernels(of: Extreme, x: Tensor, axes: readonly number[], result: Shape, gradient: GradientRule): Tensor {
  if (axes.length === 0) return x;
  const { reductionLanes, reductionTerms } = x.device.tiles;
  const terms = sizeOf(axes.map((d) => x.shape[d]!));
  const splits = Math.min(Math.ceil((reductionLanes * terms) / x.size), Math.floor(terms / reductionTerms));
  if (splits < 2) return oneKernel(of, x, axes, 1, result, { gradient });
  const parts = oneKernel(of, x, axes, splits, [splits, ...result], {});
  const whole = kernels(of, parts, [0], result, () => []);
  return whole.derive(result, { kind: 'reshape', name: of, inputs: [whole], sources: [x], gradient });
}

function oneKernel(
  of: Extreme,
  x: Tensor,
  axes: readonly number[],
  splits: number,
  shape: Shape,
  rule: { readonly gradient?: GradientRule },
): Tensor {
  return x.derive(shape, {
    kind: 'kernel',
    name: of,
    inputs: [x],
    epilogue: true,
    prologue: true,
    batch: axes.includes(0) || splits > 1 ? 1 : x.shape[0]!,
    ...rule,
    lower: (lowering) => {
      const { terms, results, functions } = walk(x.shape, axes, lowering.piece);
      const width = axes.includes(x.rank - 1) ? 1 : lowering.vectorWidth([results, x.shape.at(-1)!]);
      return [
        lowering.dispatch(extremeKernel, {
          width,
          constants: { RESULTS: results, FURTHER: FURTHER[of] },
          functions,
          buffers: { output: lowering.share(lowering.output()), given: { words: [terms, splits] } },
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
