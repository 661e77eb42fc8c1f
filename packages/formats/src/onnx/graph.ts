import type { StoredTensor } from '@hourglass/nn';
import type { Shape } from '@hourglass/tensor';
import type { AttributeMessage, GraphMessage, NodeMessage, ValueMessage } from './messages.ts';

/** ONNX's numbers for the types of elements and attributes. */
export const ELEMENTS = { float: 1, int64: 7, bool: 9 } as const;
const ATTRIBUTES = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** The type of a graph's output. */
export type ElementType = keyof typeof ELEMENTS;

/** A plain number is an integer attribute; a float attribute is `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** Writes a graph. Values are identified by name. */
export class GraphWriter {
  private readonly nodes: NodeMessage[] = [];
  private readonly constants = new Map<string, { type: ElementType; shape: readonly number[]; bytes: Uint8Array }>();
  private readonly inputs: ValueMessage[] = [];
  private readonly outputs: ValueMessage[] = [];

  /** Adds an input [batch, ...shape] of floats. */
  input(name: string, shape: Shape, description: string): string {
    this.inputs.push(valueInfo(name, 'float', shape, description));
    return name;
  }

  /** Names a value [batch, ...shape] and makes it an output. */
  output(value: string, name: string, shape: Shape, description: string, type: ElementType = 'float'): void {
    this.nodes.push({ opType: 'Identity', name, input: [value], output: [name] });
    this.outputs.push(valueInfo(name, type, shape, description));
  }

  /** Adds a constant. The same name always means the same constant. */
  constant(name: string, { shape, data }: StoredTensor): string {
    this.constants.set(name, { type: 'float', shape, bytes: bytesOf(data) });
    return name;
  }

  /** Adds a list of integers, such as a shape. */
  integers(name: string, values: readonly number[]): string {
    const bytes = bytesOf(BigInt64Array.from(values, BigInt));
    this.constants.set(name, { type: 'int64', shape: [values.length], bytes });
    return name;
  }

  /** Adds an operation with one output. @param name of the operation and its output, unique in the graph */
  node(opType: string, name: string, input: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const attribute = Object.entries(attributes).map(([key, value]) => ({ name: key, ...attributeOf(value) }));
    this.nodes.push({ opType, name, input, output: [name], attribute });
    return name;
  }

  /** The finished graph. */
  finish(name: string, docString: string): GraphMessage {
    const initializer = [...this.constants].map(([constant, { type, shape, bytes }]) => ({
      name: constant,
      dims: shape,
      dataType: ELEMENTS[type],
      rawData: bytes,
    }));
    const { nodes: node, inputs: input, outputs: output } = this;
    return { name, docString, node, initializer, input, output };
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function attributeOf(value: Attribute): Omit<AttributeMessage, 'name'> {
  if (typeof value === 'number') return { i: value, type: ATTRIBUTES.int };
  if (typeof value === 'string') return { s: value, type: ATTRIBUTES.string };
  if ('float' in value) return { f: value.float, type: ATTRIBUTES.float };
  return { ints: value, type: ATTRIBUTES.ints };
}

const valueInfo = (name: string, type: ElementType, shape: Shape, docString: string): ValueMessage => ({
  name,
  elemType: ELEMENTS[type],
  shape: ['batch', ...shape],
  docString,
});
