import type { Access } from '@hourglass/shaders/declaration.ts';
import type { Shape } from './shape.ts';
import { align, type Storage } from './storage.ts';

/** Memory that kernels read and write, before a plan assigns it storage. */
export interface VirtualBuffer {
  /** The size of its contents. */
  readonly bytes: number;
  /** Its name in errors, such as "The result [2, 3] of add". */
  readonly label: string;
  /** Its extent along the batch dimension; 0 if it has none. */
  readonly batch: number;
  /** Its storage, if it already has one because it is a variable or a constant. */
  readonly storage?: Storage | undefined;
}

/** The bytes that a buffer occupies. */
export const takenBytes = ({ bytes, storage }: VirtualBuffer): number => storage?.bytes ?? align(bytes);

/** The target of a binding: a buffer or a part of it, or words known when the plan is compiled. */
export type Operand = MemoryOperand | Words;

export interface MemoryOperand {
  readonly buffer: VirtualBuffer;
  /** In bytes. Default 0. */
  readonly offset?: number;
  /** Default: the rest of the buffer. */
  readonly bytes?: number;
}

export interface Words {
  readonly words: readonly number[];
}

/** The bytes that a binding of the operand covers. */
export const boundBytes = (operand: Operand): number =>
  'words' in operand
    ? align(operand.words.length * 4, 16)
    : (operand.bytes ?? takenBytes(operand.buffer) - (operand.offset ?? 0));

/** An operand and where a kernel binds it. */
export interface Binding {
  readonly binding: number;
  readonly access: Access;
  readonly operand: Operand;
}

/** One kernel call, before buffers are assigned. */
export interface Dispatch {
  /** The name of its node, and its task if the node has several dispatches. */
  readonly name: string;
  /** The shapes of the node's first input and its result, for reports. */
  readonly shapes: readonly Shape[];
  /** The multiply-adds of a product; 0 for all other kernels, which are memory-bound. */
  readonly multiplyAdds: number;
  readonly source: string;
  /** The copy that it makes, if it only copies. */
  readonly copies?: Copy | undefined;
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
}

/** A copy of a whole buffer into the result, made by one or more dispatches. An alias can replace it. */
export interface Copy {
  readonly source: VirtualBuffer;
  /** The offset in the result, in bytes. */
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
