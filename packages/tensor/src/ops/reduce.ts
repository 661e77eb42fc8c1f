import { joinMembers } from '@hourglass/shaders/functions.ts';
import reduceKernel from '@hourglass/shaders/reduce.ts';
import { ShapeError } from '../errors.ts';
import { indexOf } from '../expression.ts';
import type { Piece } from '../pieces.ts';
import {
  broadcastShapes,
  broadcastStrides,
  checkShape,
  formatShape,
  normalizeAxes,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from '../shape.ts';
import type { GradientRule, Tensor } from '../tensor.ts';
import { checkFloat } from './dtype.ts';
import { reshape } from './movement.ts';

/** Sum over `axes` (default: all). The order of additions is fixed, so equal inputs give equal bits. */
export function sum(x: Tensor, axes?: number | readonly number[], { keepDims = false } = {}): Tensor {
  checkFloat('sum', x);
  const reduced = normalizeAxes(typeof axes === 'number' ? [axes] : (axes ?? x.shape.map((_, d) => d)), x.shape, 'sum');
  const kept = x.shape.map((n, d) => (reduced.includes(d) ? 1 : n));
  return reshape(sumKernels(x, reduced), keepDims ? kept : x.shape.filter((_, d) => !reduced.includes(d)));
}

export function mean(x: Tensor, axes?: number | readonly number[], options?: { keepDims?: boolean }): Tensor {
  const total = sum(x, axes, options);
  return total.mul(total.size / x.size);
}

/**
 * `x` repeated to `shape`. It is defined here because it and `sum` are each other's gradients.
 *
 * @throws ShapeError if `x` can't be repeated to `shape`
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkFloat('broadcastTo', x);
  checkShape(shape, 'broadcastTo');
  if (!sameShape(broadcastShapes(x.shape, shape, 'broadcastTo'), shape)) {
    throw new ShapeError(`broadcastTo: ${formatShape(x.shape)} does not fit into ${formatShape(shape)}.`);
  }
  if (sameShape(x.shape, shape)) return x;
  return x.derive(shape, {
    kind: 'view',
    name: 'broadcastTo',
    inputs: [x],
    strides: broadcastStrides(x.shape, shape),
    offset: 0,
    gradient: (g) => [sumTo(g, x.shape)],
  });
}

/** The sum over all dimensions along which `shape` was broadcast to the shape of `x`: the gradient of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.rank - shape.length;
  const axes = x.shape.flatMap((n, d) => (d < missing || (shape[d - missing] === 1 && n !== 1) ? [d] : []));
  return reshape(sum(x, axes), shape);
}

/** If there are many terms and few results, partial sums of interleaved terms come first, to keep enough lanes busy. */
function sumKernels(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length === 0) return x;
  const { reductionLanes, reductionTerms } = x.device.tiles;
  const terms = sizeOf(axes.map((d) => x.shape[d]!));
  const results = x.size / terms;
  const result = x.shape.filter((_, d) => !axes.includes(d));
  if (exceedsBinding(x)) {
    const merged = mergedFor(x.shape, axes);
    if (merged.shape.length < x.rank) return reshape(sumKernels(reshape(x, merged.shape), merged.axes), result);
  }
  const gradient: GradientRule = (g) => {
    const kept = x.shape.map((n, d) => (axes.includes(d) ? 1 : n));
    return [broadcastTo(reshape(g, kept), x.shape)];
  };
  // If the terms may come in pieces, one lane per result sums them without an epilogue: a kernel cannot know which
  // piece is the last.
  const splits = Math.min(Math.ceil(reductionLanes / results), Math.floor(terms / reductionTerms));
  const single = splits < 2 && !(exceedsBinding(x) && axes.includes(0));
  if (single) return reduction(x, axes, 1, result, { epilogue: true, gradient, members: membersFor(x, terms) });
  const partial = reduction(x, axes, Math.max(splits, 1), result, { epilogue: false });
  return sumParts(partial, partsAxis(x, axes), result, { gradient, sources: [x] });
}

export const exceedsBinding = ({ size, device }: Tensor): boolean => size * 4 > device.bindingLimit;

/**
 * The dimension of partial results along which their parts are: the first, or the second if a kernel may work on some of
 * the results at a time, whose parts must then be contiguous.
 */
export const partsAxis = (x: Tensor, axes: readonly number[]): 0 | 1 =>
  exceedsBinding(x) && !axes.includes(0) ? 1 : 0;

/**
 * The shape without dimensions of extent 1, where neighbouring dimensions that are all reduced or all kept are merged:
 * a tensor can be cut along the leading dimension only.
 */
export function mergedFor(shape: Shape, axes: readonly number[]): { shape: Shape; axes: readonly number[] } {
  const merged: { extent: number; reduced: boolean }[] = [];
  shape.forEach((extent, d) => {
    const [last, reduced] = [merged.at(-1), axes.includes(d)];
    if (extent === 1) return;
    if (last?.reduced === reduced) last.extent *= extent;
    else merged.push({ extent, reduced });
  });
  return {
    shape: merged.map(({ extent }) => extent),
    axes: merged.flatMap(({ reduced }, d) => (reduced ? [d] : [])),
  };
}

/** The most partial sums that each member of a workgroup adds; more are first split again. */
const LONGEST = 64;

/** The sum over the dimension of the parts. */
function sumParts(
  partial: Tensor,
  axis: 0 | 1,
  result: Shape,
  rule: { readonly gradient: GradientRule; readonly sources: readonly Tensor[] },
): Tensor {
  const parts = partial.shape[axis]!;
  const members = membersFor(partial, parts);
  const fewer = Math.ceil(parts / (members * LONGEST));
  const split = members > 1 && fewer > 1;
  if (split) {
    const left = reduction(partial, [axis], fewer, result, { epilogue: false, sources: [partial], members });
    return sumParts(left, partsAxis(partial, [axis]), result, rule);
  }
  return reduction(partial, [axis], 1, result, { epilogue: true, ...rule, members });
}

/**
 * How kernels walk a piece of a tensor along `axes`: terms per result, number of results, and the indices of the terms.
 */
export function walk(shape: Shape, axes: readonly number[], piece: Piece) {
  const strides = stridesOf(shape);
  const dims = shape.map((extent, d) => ({
    extent: d === 0 ? piece.share(extent) : extent,
    stride: strides[d]!,
  }));
  const reduced = dims.filter((_, d) => axes.includes(d));
  const kept = dims.filter((_, d) => !axes.includes(d));
  return {
    terms: sizeOf(reduced.map(({ extent }) => extent)),
    results: sizeOf(kept.map(({ extent }) => extent)),
    functions: {
      kept_index: `fn kept_index(o: u32) -> u32 { return ${indexOf('o', kept)}; }`,
      reduced_index: `fn reduced_index(r: u32) -> u32 { return ${indexOf('r', reduced)}; }`,
    },
  };
}

/**
 * The number of neighbouring results per workgroup if several lanes add one result. Eight vec4f fill a cache line of
 * 128 bytes.
 */
const ACROSS = 8;

/** The number of lanes that add `terms` terms together: a power of two, with at least four terms each. */
const membersFor = ({ device }: Tensor, terms: number): number =>
  Math.min(device.tiles.reductionMembers, 2 ** Math.floor(Math.log2(Math.max(terms / 4, 1))));

/**
 * With `epilogue`, the sum of each result. Without it, partial sums along a new dimension: element s is the sum of
 * terms s, s + splits, s + 2·splits, … If lanes add many terms, element s + splits is the rounding error of that
 * sum. Sums of parts (with `sources`) have few terms, but each stands for many: their rounding errors are always
 * accumulated.
 */
function reduction(
  x: Tensor,
  axes: readonly number[],
  splits: number,
  result: Shape,
  {
    members = 1,
    ...rule
  }: { epilogue: boolean; gradient?: GradientRule; sources?: readonly Tensor[]; members?: number },
): Tensor {
  const added = sizeOf(axes.map((d) => x.shape[d]!)) / (splits * members);
  const compensated = rule.sources !== undefined || added > x.device.tiles.reductionPlain;
  const along = partsAxis(x, axes);
  const parts = compensated ? 2 * splits : splits;
  const shape = rule.epilogue ? result : [...result.slice(0, along), parts, ...result.slice(along)];
  const innermostIsKept = !axes.includes(x.rank - 1);
  const overBatch = axes.includes(0);
  return x.derive(shape, {
    kind: 'kernel',
    name: rule.epilogue ? 'sum' : 'partialSum',
    inputs: [x],
    prologue: true,
    // A piece is some of the terms of all results, or all terms of some results if those are contiguous.
    batch: (overBatch ? !rule.epilogue && members === 1 : splits === 1 || along === 1) ? x.shape[0]! : 1,
    ...rule,
    lower: (lowering) => {
      const { piece } = lowering;
      const { terms, results, functions } = walk(x.shape, axes, piece);
      const width = innermostIsKept ? lowering.vectorWidth([results, x.shape.at(-1)!]) : 1;
      const slots = (results / width) * splits;
      const workgroupSize = members === 1 ? x.device.tiles.lanes : ACROSS * members;
      return [
        lowering.dispatch(reduceKernel, {
          width,
          constants: {
            RESULTS: results,
            INNER: (along === 0 ? results : sizeOf(result.slice(1))) / width,
            MEMBERS: members,
            AHEAD: x.device.tiles.reductionAhead,
            ACROSS: workgroupSize / members,
            PARTIAL: !rule.epilogue,
            COMPENSATED: compensated,
            PIECEWISE: overBatch && !piece.isWhole,
          },
          functions: {
            ...functions,
            joined: members === 1 ? 'fn joined(local: u32, own: Sum) -> Sum { return own; }' : joinMembers.text,
          },
          buffers: {
            output: overBatch ? lowering.output() : lowering.share(lowering.output()),
            given: { words: [terms, splits, overBatch ? piece.before(sizeOf(axes.map((d) => x.shape[d]!))) : 0, 0] },
          },
          lanes: slots * members,
          workgroupSize,
        }),
      ];
    },
  });
}
