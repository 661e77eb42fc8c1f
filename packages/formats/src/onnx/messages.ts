/**
 * The messages of ONNX's published schema (onnx/onnx.proto) that an export writes, with field names in
 * camelCase. Each function writes the fields of a message by their numbers.
 */
import { PbfWriter } from 'pbf';

export interface ModelMessage {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly docString: string;
  readonly graph: GraphMessage;
  readonly opsetImport: { readonly domain: string; readonly version: number };
  readonly metadataProps: Readonly<Record<string, string>>;
}

export interface GraphMessage {
  readonly node: readonly NodeMessage[];
  readonly name: string;
  readonly initializer: readonly TensorMessage[];
  readonly docString: string;
  readonly input: readonly ValueMessage[];
  readonly output: readonly ValueMessage[];
}

export interface NodeMessage {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute?: readonly AttributeMessage[];
}

/** An attribute has one of the values; `type` is the number of its type. */
export interface AttributeMessage {
  readonly name: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: string;
  readonly ints?: readonly number[];
  readonly type: number;
}

export interface TensorMessage {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name: string;
  /** The elements, little-endian. */
  readonly rawData: Uint8Array;
}

/** The name, type and shape of an input or output. */
export interface ValueMessage {
  readonly name: string;
  readonly elemType: number;
  /** A string names a dynamic extent. */
  readonly shape: readonly (number | string)[];
  readonly docString: string;
}

/** The bytes of a model's file. */
export function encodeModel(model: ModelMessage): Uint8Array {
  const writer = new PbfWriter();
  writeModel(model, writer);
  return writer.finish();
}

function writeModel(model: ModelMessage, writer: PbfWriter): void {
  writer.writeVarintField(1, model.irVersion);
  writer.writeStringField(2, model.producerName);
  writer.writeStringField(3, model.producerVersion);
  writer.writeStringField(6, model.docString);
  writer.writeMessage(7, writeGraph, model.graph);
  writer.writeMessage(8, writeOpset, model.opsetImport);
  for (const entry of Object.entries(model.metadataProps)) writer.writeMessage(14, writeEntry, entry);
}

function writeOpset({ domain, version }: ModelMessage['opsetImport'], writer: PbfWriter): void {
  writer.writeStringField(1, domain);
  writer.writeVarintField(2, version);
}

function writeEntry([key, value]: readonly [string, string], writer: PbfWriter): void {
  writer.writeStringField(1, key);
  writer.writeStringField(2, value);
}

function writeGraph({ node, name, initializer, docString, input, output }: GraphMessage, writer: PbfWriter): void {
  for (const own of node) writer.writeMessage(1, writeNode, own);
  writer.writeStringField(2, name);
  for (const own of initializer) writer.writeMessage(5, writeTensor, own);
  writer.writeStringField(10, docString);
  for (const own of input) writer.writeMessage(11, writeValue, own);
  for (const own of output) writer.writeMessage(12, writeValue, own);
}

function writeNode({ input, output, name, opType, attribute = [] }: NodeMessage, writer: PbfWriter): void {
  for (const own of input) writer.writeStringField(1, own);
  for (const own of output) writer.writeStringField(2, own);
  writer.writeStringField(3, name);
  writer.writeStringField(4, opType);
  for (const own of attribute) writer.writeMessage(5, writeAttribute, own);
}

function writeAttribute({ name, f, i, s, ints = [], type }: AttributeMessage, writer: PbfWriter): void {
  writer.writeStringField(1, name);
  if (f !== undefined) writer.writeFloatField(2, f);
  if (i !== undefined) writer.writeVarintField(3, i);
  if (s !== undefined) writer.writeStringField(4, s);
  for (const own of ints) writer.writeVarintField(8, own);
  writer.writeVarintField(20, type);
}

function writeTensor({ dims, dataType, name, rawData }: TensorMessage, writer: PbfWriter): void {
  for (const own of dims) writer.writeVarintField(1, own);
  writer.writeVarintField(2, dataType);
  writer.writeStringField(8, name);
  writer.writeBytesField(9, rawData);
}

function writeValue({ name, docString, ...type }: ValueMessage, writer: PbfWriter): void {
  writer.writeStringField(1, name);
  writer.writeMessage(2, writeType, type);
  writer.writeStringField(3, docString);
}

type TypeMessage = Pick<ValueMessage, 'elemType' | 'shape'>;

function writeType(type: TypeMessage, writer: PbfWriter): void {
  writer.writeMessage(1, writeTensorType, type);
}

function writeTensorType({ elemType, shape }: TypeMessage, writer: PbfWriter): void {
  writer.writeVarintField(1, elemType);
  writer.writeMessage(2, writeShape, shape);
}

function writeShape(shape: ValueMessage['shape'], writer: PbfWriter): void {
  for (const extent of shape) writer.writeMessage(1, writeExtent, extent);
}

function writeExtent(extent: number | string, writer: PbfWriter): void {
  if (typeof extent === 'string') writer.writeStringField(2, extent);
  else writer.writeVarintField(1, extent);
}
