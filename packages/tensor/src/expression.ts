import { unshaped } from './graph.ts';
import type { Piece } from './pieces.ts';
import { broadcastStrides, type Shape, sizeOf } from './shape.ts';
import { ALIGNMENT } from './storage.ts';
import type { Tensor } from './tensor.ts';

/** One dimension of a walk through memory, in elements. */
export interface Dimension {
  readonly extent: number;
  readonly stride: number;
}

/** Binds `length` elements of a tensor from `begin` on as an array of `type`, and returns the binding's name. */
export type Bind = (tensor: Tensor, type: 'f32' | 'vec4f', begin: number, length: number) => string;

/** Returns the WGSL that reads a number from a uniform buffer, so kernels that differ only in numbers share a text. */
export interface Handed {
  readonly f32: (value: number) => string;
  readonly u32: (value: number) => string;
}

/** Merges neighbouring dimensions that one stride can walk, and drops dimensions of extent 1. */
function merge(dimensions: readonly Dimension[]): Dimension[] {
  const merged: Dimension[] = [];
  for (const { extent, stride } of dimensions) {
    if (extent === 1) continue;
    const outer = merged.at(-1);
    if (outer !== undefined && outer.stride === extent * stride) {
      merged[merged.length - 1] = { extent: outer.extent * extent, stride };
    } else {
      merged.push({ extent, stride });
    }
  }
  return merged;
}

/** WGSL for offset + Σ coordinate · stride, where `variable` counts through the dimensions in row-major order. */
export function indexOf(variable: string, dimensions: readonly Dimension[], offset?: string): string {
  const merged = merge(dimensions);
  const terms = offset === undefined ? [] : [offset];
  let divisor = 1;
  for (let d = merged.length - 1; d >= 0; d--) {
    const { extent, stride } = merged[d]!;
    if (stride !== 0) {
      const quotient = divisor === 1 ? variable : `(${variable} / ${divisor}u)`;
      const coordinate = d === 0 ? quotient : `${quotient} % ${extent}u`;
      terms.push(stride === 1 ? `(${coordinate})` : `(${coordinate}) * ${stride}u`);
    }
    divisor *= extent;
  }
  return terms.length === 0 ? '0u' : terms.join(' + ');
}

/** How four neighbouring elements are read: as one vec4f, as one number for all four, or not together. */
function vectorAccess(dimensions: readonly Dimension[], offset: number): 'vector' | 'splat' | 'none' {
  const merged = merge(dimensions);
  const inner = merged.at(-1);
  if (inner === undefined) return 'splat';
  if (inner.extent % 4 !== 0) return 'none';
  if (inner.stride === 0) return 'splat';
  const aligned = inner.stride === 1 && offset % 4 === 0 && merged.slice(0, -1).every(({ stride }) => stride % 4 === 0);
  return aligned ? 'vector' : 'none';
}

/** How an expression reads a tensor in memory. */
interface Access {
  readonly tensor: Tensor;
  readonly dimensions: readonly Dimension[];
  readonly offset: number;
  /** Index of the piece's first element in this walk; 0 if the walk itself is cut to the piece. */
  readonly start: number;
  /** The elements that are bound: the whole tensor, if the piece is the whole and one binding can hold the tensor. */
  readonly begin: number;
  readonly length: number;
}

/**
 * A graph of element-wise operations as one WGSL function. Element `e` of the result needs element `e` of every inlined
 * operand; operands in memory may be views or broadcast.
 */
export class Expression {
  readonly root: Tensor;
  /** The tensor whose value is a parameter, if any: the result of the kernel whose epilogue this is. */
  readonly given: Tensor | undefined;
  private readonly inMemory: (tensor: Tensor) => boolean;
  private readonly piece: Piece;

  constructor(root: Tensor, inMemory: (tensor: Tensor) => boolean, piece: Piece, given?: Tensor) {
    this.root = root;
    this.inMemory = inMemory;
    this.piece = piece;
    this.given = given;
  }

  /** Visits every operation, operands first, and every memory access. */
  private walk(visit: { access(access: Access, user: Tensor): void; apply?(tensor: Tensor): unknown }): void {
    const seen = new Set<Tensor>();
    const go = (tensor: Tensor): void => {
      const source = unshaped(tensor);
      if (source === this.given || seen.has(source)) return;
      seen.add(source);
      const node = this.inMemory(source) ? undefined : source.node;
      if (node?.kind === 'elementwise') {
        for (const operand of node.operands) {
          if (typeof operand !== 'number' && isInline(operand, source)) go(operand);
        }
        visit.apply?.(source);
      } else {
        visit.access(accessOf(source, this.inMemory, this.piece), source);
      }
    };
    go(this.root);
  }

  /** Whether four neighbouring elements can be computed as one vec4f. */
  get vectorizable(): boolean {
    let possible = this.piece.share(this.root.size) % 4 === 0;
    const check = ({ dimensions, offset }: Access): void => {
      if (vectorAccess(dimensions, offset) === 'none') possible = false;
    };
    this.walk({
      access: check,
      apply: (tensor) => {
        for (const access of broadcastAccesses(tensor, this.piece)) check(access);
      },
    });
    return possible;
  }

  /** The formulas of all its operations. */
  get formulas(): string[] {
    const formulas: string[] = [];
    this.walk({ access: () => {}, apply: ({ node }) => node?.kind === 'elementwise' && formulas.push(node.formula) });
    return formulas;
  }

  /** The body of a WGSL function of `e`, an element's index within the piece, that returns the element's value. */
  body(width: number, bind: Bind, handed: Handed): string {
    const lines: string[] = [];
    const names = new Map<Tensor, string>();
    const load = ({ tensor, dimensions, offset, start, begin, length }: Access): string => {
      const from = offset === 0 ? undefined : handed.u32(offset);
      const index = indexOf(start === 0 ? 'e' : `(e + ${start}u)`, dimensions, from);
      if (width === 1) return `${bind(tensor, 'f32', begin, length)}[${index}]`;
      return vectorAccess(dimensions, offset) === 'vector'
        ? `${bind(tensor, 'vec4f', begin, length)}[(${index}) / 4u]`
        : `T(${bind(tensor, 'f32', begin, length)}[${index}])`;
    };
    const textOf = (operand: Tensor | number, user: Tensor): string => {
      if (typeof operand === 'number') return `T(${handed.f32(operand)})`;
      const source = unshaped(operand);
      if (source === this.given) return 'value';
      return isInline(operand, user) ? names.get(source)! : load(broadcastAccess(operand, user, this.piece));
    };
    this.walk({
      access: (access, user) => {
        names.set(user, `v${names.size}`);
        lines.push(`let ${names.get(user)} = ${load(access)};`);
      },
      apply: (tensor) => {
        const node = tensor.node!;
        if (node.kind !== 'elementwise') return;
        const values = new Map(node.variables.map((variable, i) => [variable, textOf(node.operands[i]!, tensor)]));
        const formula = node.formula.replace(/\b[a-z]\b/g, (variable) => {
          const value = values.get(variable)!;
          return /^\w+$/.test(value) ? value : `(${value})`;
        });
        names.set(tensor, `v${names.size}`);
        lines.push(`let ${names.get(tensor)} = ${formula};`);
      },
    });
    const root = unshaped(this.root);
    return [...lines, `return ${root === this.given ? 'value' : names.get(root)};`].join('\n  ');
  }
}

/** An operand of its consumer's size matches it element by element; a smaller one is broadcast from memory. */
const isInline = (operand: Tensor, user: Tensor): boolean => operand.size === user.size;

/**
 * The access for one piece of a walk with `strides` through `shape`. A piece is a share of the elements. If it does not
 * cut the outermost extent at whole numbers, everything that the walk reads is bound.
 */
function access(tensor: Tensor, shape: Shape, strides: readonly number[], offset: number, piece: Piece): Access {
  const dimensions = shape.map((extent, d) => ({ extent, stride: strides[d]! })).filter(({ extent }) => extent > 1);
  const [outermost, ...inner] = dimensions;
  const [before, extent] = [piece.before(outermost?.extent ?? 0), piece.share(outermost?.extent ?? 0)];
  const cut = outermost !== undefined && Number.isInteger(before) && Number.isInteger(extent);
  const walk = cut ? [{ ...outermost, extent }, ...inner] : dimensions;
  const first = cut ? offset + before * outermost.stride : offset;
  const start = cut || outermost === undefined ? 0 : piece.before(sizeOf(shape));
  if (piece.isWhole && tensor.size * 4 <= tensor.device.bindingLimit)
    return { tensor, dimensions: walk, offset: first, start, begin: 0, length: tensor.size };
  const skip = first % (ALIGNMENT / 4);
  const length = walk.reduce((reach, dimension) => reach + (dimension.extent - 1) * dimension.stride, skip + 1);
  return { tensor, dimensions: walk, offset: skip, start, begin: first - skip, length };
}

function accessOf(tensor: Tensor, inMemory: (tensor: Tensor) => boolean, piece: Piece): Access {
  const { node } = tensor;
  if (inMemory(tensor) || node?.kind !== 'view') return access(tensor, [tensor.size], [1], 0, piece);
  return access(unshaped(node.inputs[0]!), tensor.shape, node.strides, node.offset, piece);
}

function broadcastAccess(operand: Tensor, user: Tensor, piece: Piece): Access {
  return access(unshaped(operand), user.shape, broadcastStrides(operand.shape, user.shape), 0, piece);
}

function broadcastAccesses(tensor: Tensor, piece: Piece): Access[] {
  const { node } = tensor;
  if (node?.kind !== 'elementwise') return [];
  return node.operands.flatMap((operand) =>
    typeof operand === 'number' || isInline(operand, tensor) ? [] : [broadcastAccess(operand, tensor, piece)],
  );
}
