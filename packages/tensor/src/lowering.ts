import cumulativeNormal from '@hourglass/shaders/cumulative_normal.wgsl';
import elementwiseKernel from '@hourglass/shaders/elementwise.wgsl';
import extremes from '@hourglass/shaders/extremes.wgsl';
import power from '@hourglass/shaders/power.wgsl';
import series from '@hourglass/shaders/series.wgsl';
import sine from '@hourglass/shaders/sine.wgsl';
import softplus from '@hourglass/shaders/softplus.wgsl';
import storeScalars from '@hourglass/shaders/store_scalars.wgsl';
import storeVector from '@hourglass/shaders/store_vector.wgsl';
import wideProduct from '@hourglass/shaders/wide_product.wgsl';
import { type Bind, Expression, type Handed, unshaped } from './expression.ts';
import { fuse, type Group } from './fusion.ts';
import { assemble, type Constants } from './kernel.ts';
import { MAX_STORAGES } from './limits.ts';
import { Piece, WHOLE } from './piece.ts';
import type { Shape } from './shape.ts';
import { ALIGNMENT, align } from './storage.ts';
import type { Tensor } from './tensor.ts';

/** Memory that one node needs between its own dispatches. */
export class Scratch {
  readonly bytes: number;
  constructor(bytes: number) {
    this.bytes = align(bytes);
  }
}

/** What a dispatch binds: a tensor, scratch memory or a part of either, or words known when the plan is made. */
export type Operand = MemoryOperand | { readonly words: readonly number[] };

interface MemoryOperand<Target extends Tensor | Scratch = Tensor | Scratch> {
  readonly target: Target;
  /** In bytes. */
  readonly offset?: number;
  readonly size?: number;
}

/** Bytes that a tensor or scratch memory takes. */
export const bytesOf = (target: Tensor | Scratch): number =>
  target instanceof Scratch ? target.bytes : (target.storage?.size ?? align(target.size * 4));

/** Bytes that a binding of the operand covers. */
export const boundBytes = (operand: Operand): number =>
  'words' in operand
    ? align(operand.words.length * 4, 16)
    : (operand.size ?? bytesOf(operand.target) - (operand.offset ?? 0));

/** One kernel call, before buffers are assigned. */
export interface Dispatch {
  /** The node it belongs to, and its part in it where there are several. */
  readonly name: string;
  /** Of the node's first input and its result, for reports. */
  readonly shapes: readonly Shape[];
  /** What a product computes; 0 of all other kernels, which memory bounds. */
  readonly multiplyAdds: number;
  readonly source: string;
  /** What it copies, if it does nothing else. */
  readonly copies?: Copy | undefined;
  readonly operands: readonly { readonly binding: number; readonly operand: Operand }[];
  readonly workgroups: readonly [number, number, number];
}

/** A copy of a whole tensor into the result, by one dispatch or several: there is nothing to do if the tensor is computed there. */
export interface Copy {
  readonly source: Tensor;
  /** Where in the result, in bytes. */
  readonly offset: number;
}

interface DispatchOptions {
  /** Text of a file in `shaders/`. */
  readonly kernel: string;
  readonly constants: Constants;
  /** What this dispatch does for its node, where that has several. */
  readonly part?: string;
  readonly multiplyAdds?: number;
  readonly copies?: Copy;
  /** WGSL functions that the kernel calls. */
  readonly functions?: readonly string[];
  /** Bound in this order from binding 0. */
  readonly buffers: readonly Operand[];
  /** Lanes in all, for kernels that number them `id.y * ROW + id.x`; or else workgroups, for those that ask `unfolded(workgroup)`. */
  readonly lanes?: number;
  readonly workgroups?: readonly [number, number, number];
  readonly workgroupSize?: number;
}

/** Expressions bind what they read from here on; kernels bind their own below. */
const FIRST_LEAF = 8;
/** Where they bind the numbers that are handed to them. */
const NUMBERS = FIRST_LEAF + MAX_STORAGES;
const MAX_WORKGROUPS = 65_535;

/** Of one tensor; more would take longer to hand over than to compute. */
const MAX_PIECES = 4096;

/** A result and the kernel calls that compute it. */
export interface Lowered {
  readonly result: Tensor;
  readonly dispatches: readonly Dispatch[];
}

/**
 * Fuses the graph under outputs and updates, and lowers every group. Fusion counts tensors, but a tensor read in two ways is bound
 * twice: where that makes too many, what the group's last operation would compute on the way is kept, and all is fused again.
 */
export function lowerAll(outputs: readonly Tensor[], updates: readonly Tensor[]): Lowered[] {
  const kept = new Set<Tensor>();
  for (;;) {
    const { groups, inMemory } = fuse([...outputs, ...updates], kept);
    const last = new Set(updates);
    const values = groups.filter(({ result }) => !last.has(result));
    const lowered = [...values, ...updates.map((update) => ({ result: update, node: update }))].map((group) => ({
      result: group.result,
      dispatches: lower(group, inMemory),
    }));
    const onTheWay = lowered
      .filter(({ dispatches }) => dispatches.some((dispatch) => storagesOf(dispatch) > MAX_STORAGES))
      .flatMap(({ result }) => result.node!.inputs.map(unshaped))
      .filter((input) => !inMemory(input));
    if (onTheWay.length === 0) return lowered;
    for (const tensor of onTheWay) kept.add(tensor);
  }
}

const storagesOf = ({ operands }: Dispatch): number => operands.filter(({ operand }) => 'target' in operand).length;

/** All dispatches of a group: in one piece, or piece by piece of the batch where a tensor is larger than one binding. */
function lower(group: Group, inMemory: (tensor: Tensor) => boolean): Dispatch[] {
  const { bindingLimit } = group.result.device;
  const whole = new Lowering(group, inMemory).dispatches();
  const largest = Math.max(...whole.flatMap(({ operands }) => operands.map(({ operand }) => boundBytes(operand))));
  if (largest <= bindingLimit) return whole;

  const fits = ({ operands }: Dispatch): boolean => operands.every(({ operand }) => canBind(operand, bindingLimit));
  for (const { rows, extent } of cuts(group, Math.ceil(largest / bindingLimit))) {
    const piece = (from: number): Dispatch[] =>
      new Lowering(group, inMemory, new Piece(from, Math.min(from + rows, extent), extent)).dispatches();
    // Pieces are alike but for where they begin, and the last is the shortest: what the first two can't bind, the others can't either.
    if (![rows, 0].every((from) => piece(from).every(fits))) continue;
    const pieces = Array.from({ length: Math.ceil(extent / rows) }, (_, i) => piece(i * rows)).flat();
    if (pieces.every(fits)) return pieces;
  }
  return whole;
}

/**
 * How many rows pieces may have, and of how many: the largest pieces first. An element-wise node is cut along its leading dimension or,
 * where that does not do, anywhere. Pieces are equal, or as nearly so as lets each begin where a binding can.
 */
function* cuts({ result, node }: Group, fewest: number): Generator<{ rows: number; extent: number }> {
  const leading = result.shape.find((n) => n > 1) ?? 1;
  const extents = node.node?.kind === 'kernel' ? [node.node.batch ?? 1] : [leading, result.size];
  for (const extent of extents) {
    const step = ALIGNMENT / 4 / divisor(result.size / extent, ALIGNMENT / 4);
    const most = Math.min(extent, MAX_PIECES);
    // Among many pieces, one more makes little difference.
    for (let count = fewest; count <= most; count += Math.ceil(count / 32)) {
      const equal = Math.ceil(extent / count);
      const aligned = Math.ceil(equal / step) * step;
      for (const rows of new Set([equal, aligned])) if (rows < extent) yield { rows, extent };
    }
  }
}

/** The greatest that divides two numbers; 1 if one of them is none that is whole. */
const divisor = (a: number, b: number): number => (Number.isInteger(a) ? (b === 0 ? a : divisor(b, a % b)) : 1);

const canBind = (operand: Operand, limit: number): boolean =>
  'words' in operand || ((operand.offset ?? 0) % ALIGNMENT === 0 && boundBytes(operand) <= limit);

/** Turns one node, and the element-wise operations fused to it, into dispatches; or a piece of it, cut along the batch. */
export class Lowering {
  readonly piece: Piece;
  private readonly result: Tensor;
  private readonly node: Tensor;
  private readonly inMemory: (tensor: Tensor) => boolean;
  private readonly leaves: { name: string; operand: MemoryOperand<Tensor>; type: string }[] = [];
  private readonly words: number[] = [];

  constructor({ result, node }: Group, inMemory: (tensor: Tensor) => boolean, piece = WHOLE) {
    this.piece = piece;
    this.result = result;
    this.node = node;
    // The result itself is about to be computed.
    this.inMemory = (tensor) => tensor !== result && inMemory(tensor);
  }

  /** All dispatches of the group. */
  dispatches(): Dispatch[] {
    const { node } = this.node;
    return node?.kind === 'kernel' ? node.lower(this) : [this.elementwise()];
  }

  private elementwise(): Dispatch {
    const size = this.piece.share(this.result.size);
    const width = this.vectorWidth([size]);
    return this.dispatch({
      kernel: elementwiseKernel,
      constants: { WIDTH: width },
      functions: [this.prologue(width)],
      buffers: [this.part(this.output()), this.number(size)],
      lanes: size / width,
    });
  }

  input(tensor: Tensor): { readonly target: Tensor } {
    return { target: unshaped(tensor) };
  }

  output(): { readonly target: Tensor } {
    return { target: this.result };
  }

  /** The piece's share of a tensor that is cut along its leading dimension. */
  part(operand: { readonly target: Tensor }): Operand {
    const bytes = operand.target.size * 4;
    return this.piece.isWhole
      ? operand
      : { ...operand, offset: this.piece.before(bytes), size: this.piece.share(bytes) };
  }

  scratch(bytes: number): { readonly target: Scratch } {
    return { target: new Scratch(bytes) };
  }

  number(value: number): Operand {
    return { words: [value] };
  }

  /** 4 if all `extents` and everything fused allow four neighbouring elements at once, else 1. */
  vectorWidth(extents: readonly number[]): 1 | 4 {
    const expressions = [this.before(), this.after()].filter((expression) => expression !== undefined);
    return extents.every((extent) => extent % 4 === 0) && expressions.every(({ vectorizable }) => vectorizable) ? 4 : 1;
  }

  /** `fn value(e)`: element e of the first input (or, of an element-wise node, of the result). */
  prologue(width: number): string {
    return `fn value(e: u32) -> T {\n  ${this.before()!.body(width, this.bind, this.handed)}\n}`;
  }

  /** `fn epilogue(e, value)`: what becomes of element e after the kernel. */
  epilogue(width: number): string {
    return `fn epilogue(e: u32, value: T) -> T {\n  ${this.after()?.body(width, this.bind, this.handed) ?? 'return value;'}\n}`;
  }

  /** `fn store(pixel, channel, value)`: four channels through the epilogue into `output`. */
  store(width: number): string {
    return width === 4 ? storeVector : storeScalars;
  }

  /**
   * How the lanes of a subgroup give each other what each has loaded: `BROADCAST(value, lane)`. Where the tiles know no
   * subgroups, each lane is one by itself.
   */
  subgroup(type: 'f32' | 'vec4f'): { readonly constants: Constants; readonly functions: readonly string[] } {
    const size = this.result.device.tiles.subgroup;
    if (size > 1) {
      const names = { SUBGROUP_LANE: 'subgroup_invocation_id', BROADCAST: 'subgroupBroadcast' };
      return { constants: { SUBGROUP: size, ...names }, functions: [] };
    }
    return {
      constants: { SUBGROUP: 1, SUBGROUP_LANE: 'local_invocation_index', BROADCAST: 'own' },
      functions: [`fn own(value: ${type}, lane: u32) -> ${type} { return value; }`],
    };
  }

  dispatch(options: DispatchOptions): Dispatch {
    const { kernel, buffers, workgroupSize = this.result.device.tiles.lanes } = options;
    const { row, rows } = folded(options.lanes ?? 0, workgroupSize);
    const { workgroups, unfolded } = foldedGrid(options.workgroups ?? [row, rows, 1]);
    const T = options.constants.WIDTH === 4 ? 'vec4f' : 'f32';
    const functions = options.functions ?? [];
    const used = options.functions === undefined ? [] : this.leaves;
    const words = options.functions === undefined ? [] : [...this.words];
    const bindings = used.map(
      ({ name, type }, i) => `@group(0) @binding(${FIRST_LEAF + i}) var<storage, read> ${name}: array<${type}>;`,
    );
    if (words.length > 0) {
      const vectors = Math.ceil(words.length / 4);
      bindings.push(`@group(0) @binding(${NUMBERS}) var<uniform> numbers: array<vec4u, ${vectors}>;`);
    }
    // In a single row there is none to skip, and tensors of other sizes take the same text.
    const ROW = options.lanes !== undefined && rows === 1 ? 0 : workgroups[0] * workgroupSize;
    const constants = { ...options.constants, LANES: workgroupSize, ROW };
    const { name, kind, inputs } = this.node.node!;
    const [first] = kind === 'kernel' ? inputs : [];
    return {
      name: options.part === undefined ? name : `${name} ${options.part}`,
      shapes: [...(first === undefined ? [] : [first.shape]), this.result.shape],
      multiplyAdds: options.multiplyAdds ?? 0,
      copies: options.copies,
      source: assemble(kernel, constants, [
        `alias T = ${T};`,
        `alias I = ${T === 'f32' ? 'i32' : 'vec4i'};`,
        ...bindings,
        ...new Set([...functions, ...calledIn(functions.join(), T)]),
        ...(options.workgroups === undefined ? [] : [unfolded]),
      ]),
      operands: [
        ...buffers.map((operand, binding) => ({ binding, operand })),
        ...used.map(({ operand }, i) => ({ binding: FIRST_LEAF + i, operand })),
        ...(words.length > 0 ? [{ binding: NUMBERS, operand: { words } }] : []),
      ],
      workgroups,
    };
  }

  private before(): Expression | undefined {
    const { node } = this.node;
    if (node?.kind !== 'kernel') return new Expression(this.result, this.inMemory, this.piece);
    return node.prologue ? new Expression(node.inputs[0]!, this.inMemory, this.piece) : undefined;
  }

  private after(): Expression | undefined {
    return this.result === this.node ? undefined : new Expression(this.result, this.inMemory, this.piece, this.node);
  }

  private readonly handed: Handed = {
    f32: (value) => `bitcast<f32>(${this.handed.u32(bitsOf(value))})`,
    u32: (value) => {
      const at = this.words.push(value) - 1;
      return `numbers[${Math.floor(at / 4)}].${'xyzw'[at % 4]}`;
    },
  };

  private readonly bind: Bind = (tensor, type, begin, length) => {
    const { node } = this.node;
    // One buffer can't be bound for reading and for writing: a variable that is updated in place is read where it is written.
    if (node?.kind === 'kernel' && node.writes?.includes(tensor)) return 'output';
    const operand: MemoryOperand<Tensor> =
      length === tensor.size ? { target: tensor } : { target: tensor, offset: begin * 4, size: align(length * 4, 16) };
    const { offset, size } = operand;
    let leaf = this.leaves.find(
      ({ operand: other, type: otherType }) =>
        other.target === tensor && other.offset === offset && other.size === size && otherType === type,
    );
    if (leaf === undefined) {
      leaf = { name: `leaf${this.leaves.length}`, operand, type };
      this.leaves.push(leaf);
    }
    return leaf.name;
  };
}

/** The 32 bits of a number as float32. */
const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

/** The functions of numbers that formulas over `T` call, by the names that they have there. */
const FUNCTIONS: Readonly<
  Record<string, { readonly one: string; readonly texts: readonly string[]; readonly of?: 2 }>
> = {
  exponentials: { one: 'exponential', texts: [series] },
  logarithms: { one: 'logarithm', texts: [series] },
  hyperbolic_tangents: { one: 'hyperbolic_tangent', texts: [series] },
  sines: { one: 'sine', texts: [wideProduct, sine] },
  cosines: { one: 'cosine', texts: [wideProduct, sine] },
  powers: { one: 'power', texts: [series, power], of: 2 },
  softpluses: { one: 'softplus', texts: [series, softplus] },
  cumulative_normals: { one: 'cumulative_normal', texts: [series, cumulativeNormal] },
};

/** What the text calls of `extremes.wgsl` and of {@link FUNCTIONS}. */
function calledIn(text: string, T: 'f32' | 'vec4f'): string[] {
  const called = Object.entries(FUNCTIONS).filter(([each]) => new RegExp(`\\b${each}\\(`).test(text));
  const over = called.map(([each, { one, of }]) => {
    const [taken, given] = of === 2 ? ['a: T, b: T', ['a', 'b']] : ['a: T', ['a']];
    const at = (part: string): string => `${one}(${given.map((name) => name + part).join(', ')})`;
    const value = T === 'f32' ? at('') : `T(${['.x', '.y', '.z', '.w'].map(at).join(', ')})`;
    return `fn ${each}(${taken}) -> T { return ${value}; }`;
  });
  const ofExtremes = /\b(larger|smaller|halved|rectified|signs)\(/.test(text) ? [extremes] : [];
  return [...ofExtremes, ...called.flatMap(([, { texts }]) => texts), ...over];
}

/** Workgroups of `extents` as a dispatch has them, and the WGSL that gives the place of one; of those too many, one beyond the depth. */
function foldedGrid(extents: readonly [number, number, number]): {
  readonly workgroups: readonly [number, number, number];
  readonly unfolded: string;
} {
  const [across, down, deep] = extents;
  const signature = 'fn unfolded(workgroup: vec3u) -> vec3u';
  if (Math.max(...extents) <= MAX_WORKGROUPS)
    return { workgroups: extents, unfolded: `${signature} { return workgroup; }` };
  const { row, rows } = folded(across * down * deep, 1);
  const number = `let number = workgroup.y * ${row}u + workgroup.x;`;
  const at = `vec3u(number % ${across}u, number / ${across}u % ${down}u, number / ${across * down}u)`;
  return { workgroups: [row, rows, 1], unfolded: `${signature} { ${number} return ${at}; }` };
}

/** Workgroups along x, and rows of them along y, for so many lanes: a dispatch has at most 65 535 along a dimension. */
function folded(lanes: number, workgroupSize: number): { readonly row: number; readonly rows: number } {
  const groups = Math.ceil(lanes / workgroupSize);
  const rows = Math.ceil(groups / MAX_WORKGROUPS);
  return { row: Math.ceil(groups / rows), rows };
}
