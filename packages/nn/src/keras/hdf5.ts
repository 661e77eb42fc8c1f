/// <reference path="./jsfive.d.ts" />
import { Dataset, type File, Group } from 'jsfive';
import type { StoredTensor } from '../safetensors.ts';

/** Maximum size of all weights together, as a multiple of the file's size. Only compressed weights take more than 1. */
const MAX_EXPANSION = 64;
/** HDF5 keeps an attribute in a message of at most 64 KiB. */
const MAX_ATTRIBUTE_ELEMENTS = 65_536;
/** Error messages show names, so a damaged file must not bring control characters or kilobytes of text into them. */
const PRINTABLE_NAME = /^\P{Cc}{1,255}$/u;

/** Reads the weights of an HDF5 file, but no more of them than an undamaged file of this size can hold. */
export class WeightsReader {
  readonly root: Group;
  /** Throws an error that says what is wrong with the file. */
  readonly fail: (problem: string) => never;
  private readonly fileBytes: number;
  private allowed: number;

  constructor(file: File, fileBytes: number, fail: (problem: string) => never) {
    this.root = file;
    this.fail = fail;
    this.fileBytes = fileBytes;
    this.allowed = (fileBytes * MAX_EXPANSION) / Float32Array.BYTES_PER_ELEMENT;
  }

  /** The floats of a dataset; float16 is widened exactly. Calls {@link fail} if they can't be read. */
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

/** @throws TypeError if `parent` has no group of this name */
export function groupIn(parent: Group, name: string): Group {
  const group = parent.get(name);
  if (!(group instanceof Group)) throw new TypeError(`'${name}' is not a group`);
  return group;
}

/** A text that HDF5 keeps as one string or as a list of one. h5py 2 pads texts to one length with NULs. */
export const textOf = (value: unknown): string => String(Array.isArray(value) ? value[0] : value).replace(/\0+$/, '');

/** Returns the name. @throws TypeError if it can't be the name of a layer or weight */
export function checkedName(name: string): string {
  if (!PRINTABLE_NAME.test(name)) throw new TypeError("a name that can't be one");
  return name;
}

/** The names in an attribute of `group`; undefined if it has none. @throws TypeError if they are not names */
export function namesIn(group: Group, attribute: string): string[] | undefined {
  const names = attributesOf(group)[attribute];
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) throw new TypeError(`'${attribute}' is not a list`);
  return names.map((text) => checkedName(textOf(text)));
}

/** The attributes of a group, read safely from damaged files. @throws RangeError if one has too many elements */
export function attributesOf(group: Group): Group['attrs'] {
  const objects = group._dataobjects;
  const readValues = objects._attr_value;
  // jsfive reads as many elements as the file declares. Beyond the end of the file, they are empty strings.
  objects._attr_value = (dtype, file, count, offset) => {
    if (count > MAX_ATTRIBUTE_ELEMENTS) throw new RangeError(`an attribute of ${count} elements`);
    return readValues.call(objects, dtype, file, count, offset);
  };
  // For an attribute of unknown type, jsfive prints its name, which may be arbitrary bytes, to the console.
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
