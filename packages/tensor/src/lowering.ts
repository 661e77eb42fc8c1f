import type { Access, Kernel } from '@hourglass/shaders/declaration.ts';
import elementwiseKernel from '@hourglass/shaders/elementwise.ts';
import { storeScalars, storeVector } from '@hourglass/shaders/functions.ts';
import {
  buffersOf,
  type Dispatch,
  type Lowered,
  type MemoryOperand,
  type VirtualBuffer,
  type Words,
} from './dispatch.ts';
import { Expression } from './expression.ts';
import { fuse, type Group } from './fusion.ts';
import { unshaped, writesOf } from './graph.ts';
import { folded, foldedGrid } from './grid.ts';
import type { AnyCall, KernelCall } from './kernel-call.ts';
import { Leaves } from './leaves.ts';
import { MAX_STORAGES } from './limits.ts';
import { type Cuttable, inPieces, type Piece } from './pieces.ts';
import { align } from './storage.ts';
import { subgroupOf } from './subgroup.ts';
import type { Tensor } from './tensor.ts';
import type { VirtualBuffers } from './virtual-buffers.ts';
import { assemble, type Constants, calledBy, textsOf } from './wgsl.ts';

/**
 * Fuses the graph under outputs and updates, and lowers every group. Fusion counts tensors, but a tensor read in two
 * ways is bound twice. If that makes too many bindings, the operands of the group's last operation are kept in memory,
 * and everything is fused again.
 */
export function lowerAll(outputs: readonly Tensor[], updates: readonly Tensor[], buffers: VirtualBuffers): Lowered[] {
  const kept = new Set<Tensor>();
  for (;;) {
    const { groups, inMemory } = fuse([...outputs, ...updates], kept);
    const last = new Set(updates);
    const values = groups.filter(({ result }) => !last.has(result));
    const ordered = [...values, ...updates.map((update) => ({ result: update, node: update }))];
    const lowered = ordered.map((group) => ({ group, dispatches: lower(group, inMemory, buffers) }));
    const onTheWay = lowered
      .filter(({ dispatches }) => dispatches.some((dispatch) => buffersOf(dispatch).length > MAX_STORAGES))
      .flatMap(({ group }) => group.result.node!.inputs.map(unshaped))
      .filter((input) => !inMemory(input));
    if (onTheWay.length === 0)
      return lowered.map(({ group, dispatches }) => ({ result: buffers.of(group.result), dispatches }));
    for (const tensor of onTheWay) kept.add(tensor);
  }
}

/** All dispatches of a group, piece by piece if necessary. */
function lower(group: Group, inMemory: (tensor: Tensor) => boolean, buffers: VirtualBuffers): Dispatch[] {
  return inPieces(cuttable(group), group.result.device.bindingLimit, (piece) =>
    new Lowering(group, inMemory, buffers, piece).dispatches(),
  );
}

/** A kernel is cut along its batch; an element-wise node along its leading dimension or, if that fails, anywhere. */
function cuttable({ result, node }: Group): Cuttable {
  const leading = result.shape.find((n) => n > 1) ?? 1;
  const extents = node.node?.kind === 'kernel' ? [node.node.batch ?? 1] : [leading, result.size];
  return { size: result.size, extents };
}

/** Turns one node and the element-wise operations fused to it into dispatches, for one piece of the batch. */
export class Lowering {
  readonly piece: Piece;
  private readonly result: Tensor;
  private readonly node: Tensor;
  private readonly buffers: VirtualBuffers;
  /** The expression computed while the kernel reads its first input; for an element-wise node, the whole node. */
  private readonly before: Expression | undefined;
  /** The expression applied to the kernel's result before it is stored. */
  private readonly after: Expression | undefined;

  constructor({ result, node }: Group, inMemory: (tensor: Tensor) => boolean, buffers: VirtualBuffers, piece: Piece) {
    this.piece = piece;
    this.result = result;
    this.node = node;
    this.buffers = buffers;
    // The result itself can't be read: it is about to be computed.
    const readable = (tensor: Tensor): boolean => tensor !== result && inMemory(tensor);
    const computed = node.node!;
    if (computed.kind !== 'kernel') this.before = new Expression(result, readable, piece);
    else if (computed.prologue) this.before = new Expression(computed.inputs[0]!, readable, piece);
    if (result !== node) this.after = new Expression(result, readable, piece, node);
  }

  /** All dispatches of the group. */
  dispatches(): Dispatch[] {
    const { node } = this.node;
    return node?.kind === 'kernel' ? node.lower(this) : [this.elementwise()];
  }

  private elementwise(): Dispatch {
    const size = this.piece.share(this.result.size);
    const width = this.vectorWidth([size]);
    return this.dispatch(elementwiseKernel, {
      width,
      constants: {},
      buffers: { output: this.share(this.output()), size: this.number(size) },
      lanes: size / width,
    });
  }

  input(tensor: Tensor): MemoryOperand {
    return { buffer: this.buffers.of(tensor) };
  }

  output(): MemoryOperand {
    return this.input(this.result);
  }

  /** The piece's share of a buffer that is cut along its leading dimension. */
  share(operand: MemoryOperand): MemoryOperand {
    const { bytes } = operand.buffer;
    return this.piece.isWhole
      ? operand
      : { ...operand, offset: this.piece.before(bytes), bytes: this.piece.share(bytes) };
  }

  /** Scratch memory that passes data between the dispatches of this node. */
  scratch(bytes: number): MemoryOperand {
    const buffer: VirtualBuffer = { bytes: align(bytes), label: 'The scratch memory of a kernel', batch: 0 };
    return { buffer };
  }

  number(value: number): Words {
    return { words: [value] };
  }

  /** 4 if all `extents` and all fused expressions allow computing four neighbouring elements at once, else 1. */
  vectorWidth(extents: readonly number[]): 1 | 4 {
    const fused = [this.before, this.after];
    const possible = fused.every((expression) => expression?.vectorizable ?? true);
    return possible && extents.every((extent) => extent % 4 === 0) ? 4 : 1;
  }

  /** The dispatch for a call of a kernel in `shaders/`, with the functions that the kernel needs. */
  dispatch<const K extends Kernel>(kernel: K, call: KernelCall<K>): Dispatch {
    const { tiles } = this.result.device;
    const { buffers, constants, task, copies, multiplyAdds = 0, width = 1, shared, ...rest }: AnyCall = call;
    const { workgroupSize = tiles.lanes, lanes = 0, workgroups: extents, functions = {} } = rest;
    const leaves = new Leaves(this.buffers, writesOf(this.node));
    const fused = this.fusedFor(kernel, width, leaves);
    const subgroup = shared === undefined ? undefined : subgroupOf(tiles.subgroup, shared);
    const { row, rows } = folded(Math.ceil(lanes / workgroupSize));
    const grid = foldedGrid(extents ?? [row, rows, 1]);
    const all: Constants = {
      ...constants,
      ...subgroup?.constants,
      ...(kernel.vector && { WIDTH: width }),
      LANES: workgroupSize,
      // A single row needs no row offset; with 0, tensors of different sizes share one text.
      ...(kernel.grid === 'lanes' && { ROW: rows === 1 ? 0 : row * workgroupSize }),
    };
    const { name, kind, inputs } = this.node.node!;
    const [first] = kind === 'kernel' ? inputs : [];
    return {
      name: task === undefined ? name : `${name} ${task}`,
      shapes: [...(first === undefined ? [] : [first.shape]), this.result.shape],
      multiplyAdds,
      copies,
      source: assemble(
        kernel.text,
        all,
        [
          ...(width === 4 ? ['alias T = vec4f;', 'alias I = vec4i;'] : ['alias T = f32;', 'alias I = i32;']),
          ...leaves.declarations,
          ...textsOf([...(kernel.calls ?? []), ...calledBy(fused.formulas, width)]),
          ...fused.texts,
          ...Object.values(functions),
          ...(subgroup?.functions ?? []),
          ...(kernel.grid === 'lanes' ? [] : [grid.unfolded]),
        ],
        subgroup?.features,
      ),
      bindings: [
        ...Object.entries<Access>(kernel.bindings).map(([buffer, access], binding) => {
          return { binding, access, operand: buffers[buffer]! };
        }),
        ...leaves.bindings,
      ],
      workgroups: grid.workgroups,
    };
  }

  /** The kernel's functions for the operations fused around it, and the formulas in these functions. */
  private fusedFor({ fused = [] }: Kernel, width: 1 | 4, leaves: Leaves) {
    const { before, after } = this;
    const texts: string[] = [];
    const formulas: string[] = [];
    // `fn value(e)`: element e of the first input (for an element-wise node, of the result).
    if (fused.includes('value') && before !== undefined) {
      texts.push(`fn value(e: u32) -> T {\n  ${before.body(width, leaves.bind, leaves.handed)}\n}`);
      formulas.push(...before.formulas);
    }
    // `fn epilogue(e, value)`: applies the operations after the kernel to element e.
    if (fused.includes('epilogue')) {
      const body = after?.body(width, leaves.bind, leaves.handed) ?? 'return value;';
      texts.push(`fn epilogue(e: u32, value: T) -> T {\n  ${body}\n}`);
      formulas.push(...(after?.formulas ?? []));
    }
    // `fn store(pixel, channel, value)`: stores four channels in `output`, through the epilogue.
    if (fused.includes('store')) texts.push((width === 4 ? storeVector : storeScalars).text);
    return { texts, formulas };
  }
}
