import elementwiseKernel from '@hourglass/shaders/elementwise.wgsl';
import storeScalars from '@hourglass/shaders/store_scalars.wgsl';
import storeVector from '@hourglass/shaders/store_vector.wgsl';
import { Expression, unshaped } from './expression.ts';
import type { Group } from './fusion.ts';
import { assemble, type Constants } from './kernel.ts';
import type { Shape } from './shape.ts';
import { align } from './storage.ts';
import type { Tensor } from './tensor.ts';

/** Memory that one node needs between its own dispatches. */
export class Scratch {
  readonly bytes: number;
  constructor(bytes: number) {
    this.bytes = align(bytes);
  }
}

/** What a dispatch binds: a tensor, scratch memory or a part of either, or one u32 known when the plan is made. */
export type Operand =
  | { readonly target: Tensor | Scratch; readonly offset?: number; readonly size?: number }
  | { readonly number: number };

/** One kernel call, before buffers are assigned. */
export interface Dispatch {
  /** The node it belongs to, and its part in it where there are several. */
  readonly name: string;
  /** Of the node's first input and its result, for reports. */
  readonly shapes: readonly Shape[];
  /** What a product computes; 0 of all other kernels, which memory bounds. */
  readonly multiplyAdds: number;
  readonly source: string;
  readonly operands: readonly { readonly binding: number; readonly operand: Operand }[];
  readonly workgroups: readonly [number, number, number];
}

/** What a lowering must know of the whole graph. */
export interface LoweredGraph {
  readonly inMemory: (tensor: Tensor) => boolean;
  /** The tensors that lie inside another. */
  readonly placed: ReadonlyMap<Tensor, Placement>;
}

/** A tensor that is computed where another needs it. */
export interface Placement {
  readonly owner: Tensor;
  /** In bytes. */
  readonly offset: number;
}

interface DispatchOptions {
  /** Text of a file in `shaders/`. */
  readonly kernel: string;
  readonly constants: Constants;
  /** What this dispatch does for its node, where that has several. */
  readonly part?: string;
  readonly multiplyAdds?: number;
  /** WGSL functions that the kernel calls. */
  readonly functions?: readonly string[];
  /** Bound in this order from binding 0. */
  readonly buffers: readonly Operand[];
  /** Lanes in all, for kernels that number them `id.y * ROW + id.x`; or else `workgroups`. */
  readonly lanes?: number;
  readonly workgroups?: readonly [number, number, number];
  readonly workgroupSize?: number;
}

/** Expressions bind what they read from here on; kernels bind their own below. */
const FIRST_LEAF = 8;
const MAX_WORKGROUPS = 65_535;

/** Turns one node, and the element-wise operations fused to it, into dispatches. */
export class Lowering {
  private readonly result: Tensor;
  private readonly node: Tensor;
  private readonly graph: LoweredGraph;
  private readonly leaves: { name: string; tensor: Tensor; type: string }[] = [];

  constructor({ result, node }: Group, graph: LoweredGraph) {
    this.result = result;
    this.node = node;
    this.graph = graph;
  }

  /** All dispatches of the group. */
  dispatches(): Dispatch[] {
    const { node } = this.node;
    return node?.kind === 'kernel' ? node.lower(this) : [this.elementwise()];
  }

  private elementwise(): Dispatch {
    const { size } = this.result;
    const width = this.vectorWidth([size]);
    return this.dispatch({
      kernel: elementwiseKernel,
      constants: { SIZE: size, WIDTH: width },
      functions: [this.prologue(width)],
      buffers: [this.output()],
      lanes: size / width,
    });
  }

  input(tensor: Tensor): Operand {
    return { target: unshaped(tensor) };
  }

  output(): Operand {
    return { target: this.result };
  }

  /** Whether an input of a node with `places` is computed in its place, so that nothing is left to do for it. */
  isPlaced(tensor: Tensor): boolean {
    return this.graph.placed.has(unshaped(tensor));
  }

  scratch(bytes: number): { readonly target: Scratch } {
    return { target: new Scratch(bytes) };
  }

  number(value: number): Operand {
    return { number: value };
  }

  /** 4 if all `extents` and everything fused allow four neighbouring elements at once, else 1. */
  vectorWidth(extents: readonly number[]): 1 | 4 {
    const expressions = [this.before(), this.after()].filter((expression) => expression !== undefined);
    return extents.every((extent) => extent % 4 === 0) && expressions.every(({ vectorizable }) => vectorizable) ? 4 : 1;
  }

  /** `fn value(e)`: element e of the first input (or, of an element-wise node, of the result). */
  prologue(width: number): string {
    return `fn value(e: u32) -> T {\n  ${this.before()!.body(width, this.bind)}\n}`;
  }

  /** `fn epilogue(e, value)`: what becomes of element e after the kernel. */
  epilogue(width: number): string {
    return `fn epilogue(e: u32, value: T) -> T {\n  ${this.after()?.body(width, this.bind) ?? 'return value;'}\n}`;
  }

  /** `fn store(pixel, channel, value)`: four channels through the epilogue into `output`. */
  store(width: number): string {
    return width === 4 ? storeVector : storeScalars;
  }

  dispatch(options: DispatchOptions): Dispatch {
    const { kernel, buffers, workgroupSize = this.result.device.tiles.lanes } = options;
    const groups = Math.ceil((options.lanes ?? 0) / workgroupSize);
    const rowGroups = Math.min(groups, MAX_WORKGROUPS);
    const T = options.constants.WIDTH === 4 ? 'vec4f' : 'f32';
    const used = options.functions === undefined ? [] : this.leaves;
    const bindings = used.map(
      ({ name, type }, i) => `@group(0) @binding(${FIRST_LEAF + i}) var<storage, read> ${name}: array<${type}>;`,
    );
    const constants = { ...options.constants, LANES: workgroupSize, ROW: rowGroups * workgroupSize };
    const { name, kind, inputs } = this.node.node!;
    const [first] = kind === 'kernel' ? inputs : [];
    return {
      name: options.part === undefined ? name : `${name} ${options.part}`,
      shapes: [...(first === undefined ? [] : [first.shape]), this.result.shape],
      multiplyAdds: options.multiplyAdds ?? 0,
      source: assemble(kernel, constants, [`alias T = ${T};`, ...bindings, ...(options.functions ?? [])]),
      operands: [
        ...buffers.map((operand, binding) => ({ binding, operand })),
        ...used.map(({ tensor }, i) => ({ binding: FIRST_LEAF + i, operand: { target: tensor } })),
      ],
      workgroups: options.workgroups ?? [rowGroups, Math.ceil(groups / rowGroups), 1],
    };
  }

  private before(): Expression | undefined {
    const { node } = this.node;
    if (node?.kind !== 'kernel') return new Expression(this.result, this.inMemory);
    return node.prologue ? new Expression(node.inputs[0]!, this.inMemory) : undefined;
  }

  private after(): Expression | undefined {
    return this.result === this.node ? undefined : new Expression(this.result, this.inMemory, this.node);
  }

  /** The result itself is about to be computed. */
  private readonly inMemory = (tensor: Tensor): boolean => tensor !== this.result && this.graph.inMemory(tensor);

  private readonly bind = (tensor: Tensor, type: string): string => {
    const { node } = this.node;
    // One buffer can't be bound for reading and for writing: a variable that is updated in place is read where it is written.
    if (node?.kind === 'kernel' && node.writes?.includes(tensor)) return 'output';
    let leaf = this.leaves.find((other) => other.tensor === tensor && other.type === type);
    if (leaf === undefined) {
      leaf = { name: `leaf${this.leaves.length}`, tensor, type };
      this.leaves.push(leaf);
    }
    return leaf.name;
  };
}
