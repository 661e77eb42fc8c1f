import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { StoredTensor } from '@hourglass/nn';
import type { Shape } from '@hourglass/tensor';
import { type GraphProto, GraphProtoSchema, type NodeProtoSchema, type ValueInfoProtoSchema } from './onnx_pb.ts';

/** ONNX's numbers for the types of elements and attributes. */
export const ELEMENTS = { float: 1, int64: 7, bool: 9 } as const;
const ATTRIBUTES = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** The type of a graph's output. */
export type ElementType = keyof typeof ELEMENTS;

/** A plain number is an integer attribute; a float attribute is `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** Writes a graph. Values are identified by name. */
export class GraphWriter {
  private readonly nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  private readonly constants = new Map<string, { type: ElementType; shape: readonly number[]; bytes: Uint8Array }>();
  private readonly inputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];
  private readonly outputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];

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
    this.nodes.push({ opType, name, input: [...input], output: [name], attribute });
    return name;
  }

  /** The finished graph. */
  finish(name: string, docString: string): GraphProto {
    const initializer = [...this.constants].map(([constant, { type, shape, bytes }]) => ({
      name: constant,
      dims: shape.map(BigInt),
      dataType: ELEMENTS[type],
      rawData: bytes,
    }));
    const { nodes: node, inputs: input, outputs: output } = this;
    return create(GraphProtoSchema, { name, docString, node, initializer, input, output });
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function attributeOf(value: Attribute) {
  if (typeof value === 'number') return { i: BigInt(value), type: ATTRIBUTES.int };
  if (typeof value === 'string') return { s: new TextEncoder().encode(value), type: ATTRIBUTES.string };
  if ('float' in value) return { f: value.float, type: ATTRIBUTES.float };
  return { ints: value.map(BigInt), type: ATTRIBUTES.ints };
}

function valueInfo(
  name: string,
  type: ElementType,
  shape: Shape,
  docString: string,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const sizes = shape.map((extent) => ({ value: { case: 'dimValue' as const, value: BigInt(extent) } }));
  const dim = [{ value: { case: 'dimParam' as const, value: 'batch' } }, ...sizes];
  const tensor = { elemType: ELEMENTS[type], shape: { dim } };
  return { name, docString, type: { value: { case: 'tensorType', value: tensor } } };
}
