import { DataError } from './dataset.ts';

const UNSIGNED_BYTE = 0x08;
const REMEDY = 'Get a fresh copy of the file.';

/**
 * Reads an IDX file of unsigned bytes (the format is described at http://yann.lecun.com/exdb/mnist/): two zero bytes,
 * the element type, the number of dimensions, each dimension as a big-endian 32-bit number, then the elements,
 * row-major.
 *
 * @param name the file's name in errors
 * @returns the dimensions, and a view (not a copy) of the elements; their count is the product of the dimensions
 * @throws DataError unless the bytes are one complete IDX file of unsigned bytes
 */
export function parseIdx(bytes: Uint8Array, name: string): { shape: number[]; data: Uint8Array } {
  const [zero0, zero1, type, rank] = bytes;
  if (zero0 !== 0 || zero1 !== 0 || type === undefined || rank === undefined) {
    throw new DataError(
      `${name} is not an IDX file: it must start with the bytes 00 00 08, but ${opening(bytes)}. ${REMEDY}`,
    );
  }
  if (type !== UNSIGNED_BYTE) {
    throw new DataError(
      `${name} contains IDX elements of type 0x${hex(type)}; only 0x08 (unsigned bytes) is supported. ${REMEDY}`,
    );
  }
  const header = 4 + 4 * rank;
  if (rank === 0 || bytes.length < header) {
    throw new DataError(
      `${name} has ${bytes.length} bytes, not enough for its IDX header of ${rank} dimensions (${header} bytes). ${REMEDY}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = header + shape.reduce((product, extent) => product * extent, 1);
  if (bytes.length !== expected) {
    const state = bytes.length < expected ? 'truncated' : 'too long';
    throw new DataError(
      `${name} is ${state}: its header declares ${shape.join('x')}, ${expected} bytes in total, but it has ${bytes.length}. ${REMEDY}`,
    );
  }
  return { shape, data: bytes.subarray(header) };
}

/**
 * An IDX file with at most the first `count` elements along its first dimension.
 *
 * @throws DataError as {@link parseIdx}
 */
export function firstOfIdx(idx: Uint8Array, count: number): Uint8Array {
  const { shape, data } = parseIdx(idx, 'the IDX file');
  const [all = 0] = shape;
  const kept = Math.min(count, all);
  const header = idx.length - data.length;
  const first = idx.slice(0, header + (data.length / Math.max(1, all)) * kept);
  new DataView(first.buffer).setUint32(4, kept);
  return first;
}

function opening(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'it is empty';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'it is gzip-compressed';
  const start = [...bytes.subarray(0, 4)];
  const text = start.every((byte) => byte >= 0x20 && byte < 0x7f) ? ` ("${String.fromCharCode(...start)}")` : '';
  return `it starts with ${start.map(hex).join(' ')}${text}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
