import { DataError } from './dataset.ts';

/** An array stored by NumPy. */
export interface NumpyArray {
  readonly shape: readonly number[];
  /** Row-major: numbers, or words for an array of strings. */
  readonly values: Float64Array | readonly string[];
  /** Whether the numbers are truth values, 1 or 0. */
  readonly isTruth?: boolean | undefined;
}

type Read = (view: DataView, offset: number, littleEndian: boolean) => number;

/** Functions that read a number, by NumPy's type letter and size. */
const NUMBERS: Readonly<Record<string, Read>> = {
  f2: (view, at, little) => half(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  b1: (view, at) => view.getUint8(at),
};

/** The value of an IEEE 754 binary16 number, given as its 16 bits. */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return bits >> 15 === 1 ? -size : size;
}

/** The header of a `.npy` file. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** NumPy's type letter and size, such as `f4`. */
  readonly kind: string;
  /** Bytes of a number or a word. */
  readonly itemBytes: number;
  readonly littleEndian: boolean;
  /** Whether the first index varies fastest. */
  readonly fortran: boolean;
  /** Bytes before the first number. */
  readonly end: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

function damaged(name: string, why: string): never {
  throw new DataError(`${name} is not a readable .npy file: ${why}.`);
}

/**
 * The number of bytes before the first element; undefined if fewer than 12 bytes are given.
 * @throws DataError if the file is not a `.npy` file
 */
export function npyHeaderBytes(bytes: Uint8Array, name: string): number | undefined {
  if (bytes.length < 12) return undefined;
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) damaged(name, 'it does not start like one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes[6]! > 1 ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
}

/**
 * @param bytes the file, or its beginning
 * @throws DataError if it is not a `.npy` file, is cut short, or has an unsupported type
 */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const end = npyHeaderBytes(bytes, name) ?? damaged(name, 'it does not start like one');
  const header = new TextDecoder().decode(bytes.subarray(bytes[6]! > 1 ? 12 : 10, Math.min(end, bytes.length)));
  const kind = /'descr':\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(header);
  const shapeText = /'shape':\s*\(([\d,\sL]*)\)/.exec(header);
  if (/'descr':\s*'[<>|=][mM]8/.test(header))
    throw new DataError(
      `${name} contains times (NumPy's datetime64 or timedelta64), which are not read. Save them as numbers, with .astype('int64'), or as text, with .astype(str).`,
    );
  if (/'descr':\s*'\|O'/.test(header))
    throw new DataError(
      `${name} contains Python objects, saved with pickle, which are not read. Save them as numbers, with .astype('float32'), or as text, with .astype(str).`,
    );
  if (kind === null || shapeText === null) return damaged(name, 'its header does not name a plain number type');
  const [, order, letter, digits] = kind as unknown as [string, string, string, string];
  return {
    shape: shapeText[1]!
      .split(',')
      .filter((part) => part.trim() !== '')
      .map((part) => Number.parseInt(part, 10)),
    kind: letter + digits,
    itemBytes: Number(digits) * (letter === 'U' ? 4 : 1),
    littleEndian: order !== '>',
    fortran: /'fortran_order':\s*True/.test(header),
    end,
  };
}

/** The function that reads a number of the header's type. @throws DataError if the type is not supported */
export function numberReader({ kind }: NpyHeader, name: string): Read {
  return NUMBERS[kind] ?? damaged(name, `numbers of type ${kind} are not supported`);
}

/**
 * Reads a `.npy` file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) of numbers (except
 * complex ones), booleans or strings.
 *
 * @param name the file's name in errors
 * @throws DataError if it is not such a file, or is cut short
 */
export function parseNpy(bytes: Uint8Array, name: string): NumpyArray {
  const header = parseNpyHeader(bytes, name);
  const { shape, kind, itemBytes, littleEndian, fortran, end } = header;
  const count = shape.reduce((size, extent) => size * extent, 1);
  if (bytes.length < end + count * itemBytes)
    damaged(name, `it is cut short, with ${bytes.length} of ${end + count * itemBytes} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = fortran ? columnMajor(shape) : (i: number) => i;
  if (/^[US]/.test(kind)) {
    const [letter, length] = [kind[0]!, Number(kind.slice(1))];
    const words = Array.from({ length: count }, (_, i) =>
      wordAt(view, end + at(i) * itemBytes, length, letter, littleEndian),
    );
    return { shape, values: words };
  }
  const read = numberReader(header, name);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, end + at(i) * itemBytes, littleEndian);
  return { shape, values, isTruth: kind === 'b1' };
}

/** Maps a row-major index to the position in an array whose first index varies fastest. */
function columnMajor(shape: readonly number[]): (index: number) => number {
  return (index) => {
    let rest = index;
    let at = 0;
    const strides = shape.map((_, d) => shape.slice(0, d).reduce((size, extent) => size * extent, 1));
    for (let d = shape.length - 1; d >= 0; d--) {
      at += (rest % shape[d]!) * strides[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    return at;
  };
}

function wordAt(view: DataView, offset: number, length: number, letter: string, little: boolean): string {
  let word = '';
  for (let i = 0; i < length; i++) {
    const code = letter === 'U' ? view.getUint32(offset + 4 * i, little) : view.getUint8(offset + i);
    if (code > 0 && code <= 0x10ffff) word += String.fromCodePoint(code);
  }
  return word;
}
