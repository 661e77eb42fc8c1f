import type { Access } from '@hourglass/shaders/declaration.ts';
import type { Shape } from './shape.ts';
import { align, type Storage } from './storage.ts';

/** Memory that kernels read and write, before a plan gives it a place. */
export interface VirtualBuffer {
  /** What it holds. */
  readonly bytes: number;
  /** Its name in errors, such as "The result [2, 3] of add". */
  readonly label: string;
  /** Its extent along the batch; 0 if it has none. */
  readonly batch: number;
  /** Its place, if it has one already: a variable or a constant. */
  readonly storage?: Storage | undefined;
}

/** Bytes that a buffer takes. */
export const takenBytes = ({ bytes, storage }: VirtualBuffer): number => storage?.size ?? align(bytes);

/** What a dispatch binds: a buffer or a part of it, or words that are known when the plan is made. */
export type Operand = MemoryOperand | Words;

export interface MemoryOperand {
  readonly buffer: VirtualBuffer;
  /** In bytes. */
  readonly offset?: number;
  readonly size?: number;
}

export interface Words {
  readonly words: readonly number[];
}

/** Bytes that a binding of the operand covers. */
export const boundBytes = (operand: Operand): number =>
  'words' in operand
    ? align(operand.words.length * 4, 16)
    : (operand.size ?? takenBytes(operand.buffer) - (operand.offset ?? 0));

/** An operand and where a kernel binds it. */
export interface Binding {
  readonly binding: number;
  readonly access: Access;
  readonly operand: Operand;
}

/** One kernel call, before buffers are assigned. */
export interface Dispatch {
  /** The node it belongs to, and its task in it where there are several. */
  readonly name: string;
  /** Of the node's first input and its result, for reports. */
  readonly shapes: readonly Shape[];
  /** What a product computes; 0 of all other kernels, which memory bounds. */
  readonly multiplyAdds: number;
  readonly source: string;
  /** What it copies, if it does only that. */
  readonly copies?: Copy | undefined;
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
}

/** A copy of a whole buffer into the result, by one or more dispatches. An alias makes it unnecessary. */
export interface Copy {
  readonly source: VirtualBuffer;
  /** Where in the result, in bytes. */
  readonly offset: number;
}

/** The buffers that a dispatch binds. */
export const buffersOf = ({ bindings }: Dispatch): VirtualBuffer[] =>
  bindings.flatMap(({ operand }) => ('words' in operand ? [] : [operand.buffer]));

/** A result and the kernel calls that compute it. */
export interface Lowered {
  readonly result: VirtualBuffer;
  readonly dispatches: readonly Dispatch[];
}
