import { ShapeError } from '../errors.ts';
import { checkList, formatShape, normalizeAxes, type Shape, sameShape, sizeOf, stridesOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { copyInto } from './copy.ts';
import { checkFloat } from './dtype.ts';

/** The same elements in another shape, at no cost. @throws ShapeError if the sizes differ. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkList(shape, 'reshape');
  const known = shape.reduce((size, extent) => (extent === -1 ? size : size * extent), 1);
  const target = shape.map((extent) => (extent === -1 ? x.size / known : extent));
  if (
    shape.filter((extent) => extent === -1).length > 1 ||
    target.some((n) => !Number.isInteger(n) || n <= 0) ||
    sizeOf(target) !== x.size
  ) {
    throw new ShapeError(
      `reshape: ${formatShape(x.shape)} holds ${x.size} elements and can't become ${formatShape(shape)}.`,
    );
  }
  if (sameShape(target, x.shape)) return x;
  return x.derive(
    target,
    { kind: 'reshape', name: 'reshape', inputs: [x], gradient: (g) => [reshape(g, x.shape)] },
    x.dtype,
  );
}

/** The same elements; no gradient flows through them. */
export function stopGradient(x: Tensor): Tensor {
  return x.derive(x.shape, { kind: 'reshape', name: 'stopGradient', inputs: [x], sources: [] }, x.dtype);
}

/** @throws ShapeError if `order` does not name every dimension once. */
export function transpose(x: Tensor, order: readonly number[] = x.shape.map((_, d) => x.rank - 1 - d)): Tensor {
  checkFloat('transpose', x);
  if (normalizeAxes(order, x.shape, 'transpose').length !== x.rank) {
    throw new ShapeError(
      `transpose: order [${order.join(', ')}] must name all ${x.rank} dimensions of ${formatShape(x.shape)}.`,
    );
  }
  const from = order.map((d) => (d < 0 ? d + x.rank : d));
  const strides = stridesOf(x.shape);
  const inverse = from.map((_, d) => from.indexOf(d));
  return x.derive(
    from.map((d) => x.shape[d]!),
    {
      kind: 'view',
      name: 'transpose',
      inputs: [x],
      strides: from.map((d) => strides[d]!),
      offset: 0,
      gradient: (g) => [transpose(g, inverse)],
    },
  );
}

/** @throws ShapeError if the part is empty or out of bounds. */
export function slice(x: Tensor, begin: readonly number[], end: readonly number[] = x.shape): Tensor {
  checkFloat('slice', x);
  const shape = begin.map((from, d) => (end[d] ?? Number.NaN) - from);
  const inside = begin.every(
    (from, d) => Number.isInteger(from) && from >= 0 && shape[d]! > 0 && end[d]! <= x.shape[d]!,
  );
  if (begin.length !== x.rank || end.length !== x.rank || !inside) {
    throw new ShapeError(
      `slice: from [${begin.join(', ')}] to [${end.join(', ')}] is not a part of shape ${formatShape(x.shape)}.`,
    );
  }
  if (sameShape(shape, x.shape)) return x;
  const part = partAt(x, begin);
  if (part !== undefined && sameShape(shape, part.shape)) return part;
  const strides = stridesOf(x.shape);
  return x.derive(shape, {
    kind: 'view',
    name: 'slice',
    inputs: [x],
    strides,
    offset: begin.reduce((offset, from, d) => offset + from * strides[d]!, 0),
    gradient: (g) => [embed(g, begin, x.shape)],
  });
}

/** If `x` is a concatenation, the tensor that begins at `begin`: a slice of that tensor need not wait for the whole. */
function partAt({ node }: Tensor, begin: readonly number[]): Tensor | undefined {
  if (node?.kind !== 'kernel' || node.joinedAlong === undefined) return undefined;
  const { joinedAlong: along } = node;
  let start = 0;
  return node.inputs.find((input) => {
    start += input.shape[along]!;
    return start - input.shape[along]! === begin[along];
  });
}

/** `x` at `begin` inside zeros of `shape`: the gradient of a slice. Built one dimension at a time. */
function embed(x: Tensor, begin: readonly number[], shape: Shape): Tensor {
  return shape.reduce((inner, extent, axis) => {
    const zeros = (count: number): Tensor[] =>
      count === 0 ? [] : [x.device.zeros(inner.shape.map((n, d) => (d === axis ? count : n)))];
    const parts = [...zeros(begin[axis]!), inner, ...zeros(extent - begin[axis]! - x.shape[axis]!)];
    return parts.length === 1 ? inner : concat(parts, axis);
  }, x);
}

/**
 * Joins tensors along `axis` (default 0); all other extents must agree.
 * @throws ShapeError with the shapes that don't fit, or if there are no tensors.
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  checkFloat('concat', ...tensors);
  const first = tensors[0];
  if (first === undefined) throw new ShapeError('concat: no tensors were given.');
  const [along] = normalizeAxes([axis], first.shape, 'concat') as [number];
  for (const { shape } of tensors) {
    if (shape.length !== first.rank || shape.some((n, d) => d !== along && n !== first.shape[d])) {
      throw new ShapeError(
        `concat: ${formatShape(first.shape)} and ${formatShape(shape)} differ in more than dimension ${along}.`,
      );
    }
  }
  const starts: number[] = [];
  let total = 0;
  for (const { shape } of tensors) {
    starts.push(total);
    total += shape[along]!;
  }
  const shape = first.shape.map((n, d) => (d === along ? total : n));
  const inner = sizeOf(shape.slice(along + 1));
  return first.derive(shape, {
    kind: 'kernel',
    name: 'concat',
    inputs: tensors,
    epilogue: false,
    prologue: false,
    joinedAlong: along,
    gradient: (g) =>
      tensors.map((tensor, i) => {
        const begin = shape.map((_, d) => (d === along ? starts[i]! : 0));
        return slice(
          g,
          begin,
          begin.map((from, d) => from + tensor.shape[d]!),
        );
      }),
    lower: (lowering) =>
      tensors.flatMap((tensor, i) =>
        copyInto(lowering, tensor, {
          run: tensor.shape[along]! * inner,
          totalRun: total * inner,
          start: starts[i]! * inner,
        }),
      ),
  });
}
