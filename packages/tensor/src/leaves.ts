import type { Binding, MemoryOperand } from './dispatch.ts';
import type { Bind, Handed } from './expression.ts';
import { MAX_STORAGES } from './limits.ts';
import { align } from './storage.ts';
import type { Tensor } from './tensor.ts';
import type { VirtualBuffers } from './virtual-buffers.ts';

/** The first binding of the tensors that expressions read; lower bindings are the kernel's own. */
const FIRST_LEAF = 8;
/** The binding of the numbers that expressions read. */
const NUMBERS = FIRST_LEAF + MAX_STORAGES;

interface Leaf {
  readonly name: string;
  readonly operand: MemoryOperand;
  readonly type: 'f32' | 'vec4f';
}

/** The inputs of one dispatch's expressions: tensors, and numbers that are not in the text. */
export class Leaves {
  private readonly buffers: VirtualBuffers;
  /** The variables that the kernel changes. */
  private readonly written: readonly Tensor[];
  private readonly leaves: Leaf[] = [];
  private readonly words: number[] = [];

  constructor(buffers: VirtualBuffers, written: readonly Tensor[]) {
    this.buffers = buffers;
    this.written = written;
  }

  readonly bind: Bind = (tensor, type, begin, length) => {
    // A kernel can't bind one buffer for both reading and writing: it reads variables it updates through `output`.
    if (this.written.includes(tensor)) return 'output';
    const buffer = this.buffers.of(tensor);
    const operand = length === tensor.size ? { buffer } : { buffer, offset: begin * 4, bytes: align(length * 4, 16) };
    let leaf = this.leaves.find((other) => other.type === type && sameOperand(other.operand, operand));
    if (leaf === undefined) {
      leaf = { name: `leaf${this.leaves.length}`, operand, type };
      this.leaves.push(leaf);
    }
    return leaf.name;
  };

  readonly handed: Handed = {
    f32: (value) => `bitcast<f32>(${this.handed.u32(bitsOf(value))})`,
    u32: (value) => {
      const at = this.words.push(value) - 1;
      return `numbers[${Math.floor(at / 4)}].${'xyzw'[at % 4]}`;
    },
  };

  /** The WGSL declarations of these inputs. */
  get declarations(): string[] {
    const tensors = this.leaves.map(
      ({ name, type }, i) => `@group(0) @binding(${FIRST_LEAF + i}) var<storage, read> ${name}: array<${type}>;`,
    );
    if (this.words.length === 0) return tensors;
    const vectors = Math.ceil(this.words.length / 4);
    return [...tensors, `@group(0) @binding(${NUMBERS}) var<uniform> numbers: array<vec4u, ${vectors}>;`];
  }

  get bindings(): Binding[] {
    const tensors = this.leaves.map(({ operand }, i): Binding => {
      return { binding: FIRST_LEAF + i, access: 'read', operand };
    });
    if (this.words.length === 0) return tensors;
    return [...tensors, { binding: NUMBERS, access: 'uniform', operand: { words: this.words } }];
  }
}

const sameOperand = (a: MemoryOperand, b: MemoryOperand): boolean =>
  a.buffer === b.buffer && a.offset === b.offset && a.bytes === b.bytes;

/** The 32 bits of a number as float32. */
const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;
