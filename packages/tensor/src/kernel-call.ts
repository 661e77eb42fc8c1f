import type { Access, Constant, Kernel } from '@hourglass/shaders/declaration.ts';
import type { Copy, MemoryOperand, Operand, Words } from './dispatch.ts';

interface Values {
  readonly number: number;
  readonly boolean: boolean;
  readonly words: string;
}

type OperandOf<A extends Access> = A extends 'uniform' ? Words : MemoryOperand;

/** A call of a kernel, typed by its declaration: TypeScript rejects missing, unknown and wrongly typed properties. */
export type KernelCall<K extends Kernel> = Common & {
  readonly buffers: { readonly [Name in keyof K['bindings']]: OperandOf<K['bindings'][Name]> };
  readonly constants: { readonly [Name in keyof K['constants']]: Values[K['constants'][Name]] };
} & (K['grid'] extends 'lanes' ? Lanes : Workgroups) &
  (K extends { readonly vector: true } ? { readonly width: 1 | 4 } : unknown) &
  (K extends { readonly subgroup: true } ? { readonly shared: 'f32' | 'vec4f' } : unknown) &
  (K extends { readonly given: readonly (infer Name extends string)[] }
    ? { readonly functions: { readonly [Each in Name]: string } }
    : unknown);

interface Common {
  /** The task of this dispatch, if its node has several dispatches. */
  readonly task?: string;
  readonly multiplyAdds?: number;
  readonly copies?: Copy;
  readonly workgroupSize?: number;
}

interface Lanes {
  readonly lanes: number;
}

interface Workgroups {
  readonly workgroups: readonly [number, number, number];
}

/** A call of any kernel. */
export interface AnyCall extends Common, Partial<Lanes>, Partial<Workgroups> {
  readonly buffers: Readonly<Record<string, Operand>>;
  readonly constants: Readonly<Record<string, Values[Constant]>>;
  readonly width?: 1 | 4;
  readonly shared?: 'f32' | 'vec4f';
  readonly functions?: Readonly<Record<string, string>>;
}
