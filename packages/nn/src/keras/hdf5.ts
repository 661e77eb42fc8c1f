/// <reference path="./jsfive.d.ts" />
import { Dataset, type File, Group } from 'jsfive';
import type { StoredTensor } from '../safetensors.ts';

/** All weights together may take so many times the file's size: more than 1 only if they are compressed. */
const MAX_EXPANSION = 64;
/** HDF5 keeps an attribute in a message of at most 64 KiB. */
const MAX_ATTRIBUTE_ELEMENTS = 65_536;
/** Error messages show names, so that a damaged file must not bring control characters or kilobytes into them. */
const PRINTABLE_NAME = /^\P{Cc}{1,255}$/u;

/** An HDF5 file whose numbers are read up to what an honest file of its size can hold. */
export class WeightsReader {
  readonly root: Group;
  /** Says what is wrong with the file. */
  readonly fail: (problem: string) => never;
  private readonly fileBytes: number;
  private allowed: number;

  constructor(file: File, fileBytes: number, fail: (problem: string) => never) {
    this.root = file;
    this.fail = fail;
    this.fileBytes = fileBytes;
    this.allowed = (fileBytes * MAX_EXPANSION) / Float32Array.BYTES_PER_ELEMENT;
  }

  /** The floats of a dataset; float16 is widened, exactly. */
  read(group: Group, name: string): StoredTensor {
    const dataset = group.get(name);
    if (!(dataset instanceof Dataset)) return this.fail(`'${name}' is not a dataset`);
    const { shape, dtype } = dataset;
    if (dtype !== '<f4' && dtype !== '<f2')
      this.fail(`weight '${name}' has the type ${String(dtype)}; floats of 32 or 16 bits (<f4, <f2) can be read`);
    const elements = product(shape);
    this.allowed -= Math.max(elements, product(dataset._dataobjects.chunks ?? []));
    if (this.allowed < 0)
      this.fail(
        `the weights up to '${name}' of shape [${shape.join(', ')}] can't fit in a file of ${this.fileBytes} bytes`,
      );
    const { value } = dataset;
    if (value.length !== elements || value.includes(undefined))
      this.fail(`weight '${name}' is not in the file in full`);
    return { shape: [...shape], data: Float32Array.from(value as readonly number[]) };
  }
}

export function groupIn(parent: Group, name: string): Group {
  const group = parent.get(name);
  if (!(group instanceof Group)) throw new TypeError(`'${name}' is not a group`);
  return group;
}

/** A text that HDF5 keeps as one string or as a list of one. */
export const textOf = (value: unknown): string => String(Array.isArray(value) ? value[0] : value).replace(/\0+$/, ''); // h5py 2 pads them to one length

/** The name of a layer or weight. @throws TypeError if it can't be one */
export function checkedName(name: string): string {
  if (!PRINTABLE_NAME.test(name)) throw new TypeError("a name that can't be one");
  return name;
}

/** The strings of an attribute of `group`; undefined if it has no such attribute. */
export function namesIn(group: Group, attribute: string): string[] | undefined {
  const names = attributesOf(group)[attribute];
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) throw new TypeError(`'${attribute}' is not a list`);
  return names.map((text) => checkedName(textOf(text)));
}

/** What `group.attrs` gives, made safe for damaged files. */
export function attributesOf(group: Group): Group['attrs'] {
  const objects = group._dataobjects;
  const readValues = objects._attr_value;
  // jsfive reads as many elements as the file says, and past the file's end they are empty strings.
  objects._attr_value = (dtype, file, count, offset) => {
    if (count > MAX_ATTRIBUTE_ELEMENTS) throw new RangeError(`an attribute of ${count} elements`);
    return readValues.call(objects, dtype, file, count, offset);
  };
  // It writes the bytes of what it takes for an attribute's name to the console if it doesn't know the type.
  const { warn } = console;
  console.warn = () => {};
  try {
    return group.attrs;
  } finally {
    console.warn = warn;
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((elements, extent) => elements * extent, 1);
}
