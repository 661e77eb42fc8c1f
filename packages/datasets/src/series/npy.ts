import { DataError } from '../dataset.ts';

/** An array stored by NumPy. */
export interface NumpyArray {
  readonly shape: readonly number[];
  /** Row-major: numbers, or words for an array of strings. */
  readonly values: Float64Array | readonly string[];
}

type Read = (view: DataView, offset: number, littleEndian: boolean) => number;

/** Functions that read a number, by NumPy's type letter and size. */
const NUMBERS: Readonly<Record<string, Read>> = {
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

/**
 * Reads a `.npy` file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) of numbers (except
 * complex ones), booleans or strings.
 *
 * @param name the file's name in errors
 * @throws DataError if it is not such a file, or is cut short
 */
export function parseNpy(bytes: Uint8Array, name: string): NumpyArray {
  const damaged = (why: string): never => {
    throw new DataError(`${name} is not a readable .npy file: ${why}.`);
  };
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) damaged('it does not start like one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6]! > 1;
  const begin = long ? 12 : 10;
  const end = begin + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(begin, Math.min(end, bytes.length)));
  const kind = /'descr':\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(header);
  const shapeText = /'shape':\s*\(([\d,\sL]*)\)/.exec(header);
  if (kind === null || shapeText === null)
    return damaged('its header does not name a plain number type; it may contain objects saved with pickle');
  const [, order, letter, digits] = kind as unknown as [string, string, string, string];
  const fortran = /'fortran_order':\s*True/.test(header);
  const shape = shapeText[1]!
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => Number.parseInt(part, 10));
  const count = shape.reduce((size, extent) => size * extent, 1);
  const size = Number(digits) * (letter === 'U' ? 4 : 1);
  if (bytes.length < end + count * size)
    damaged(`it is cut short, with ${bytes.length} of ${end + count * size} bytes`);
  const at = fortran ? columnMajor(shape) : (i: number) => i;
  if (letter === 'U' || letter === 'S') {
    const words = Array.from({ length: count }, (_, i) =>
      wordAt(view, end + at(i) * size, Number(digits), letter, order !== '>'),
    );
    return { shape, values: words };
  }
  const read = NUMBERS[letter + digits];
  if (read === undefined) return damaged(`numbers of type ${letter}${digits} are not supported`);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, end + at(i) * size, order !== '>');
  return { shape, values };
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
