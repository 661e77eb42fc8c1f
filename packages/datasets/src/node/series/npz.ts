import { inflateRawSync } from 'node:zlib';
import { DataError } from '../../dataset.ts';
import { type NumpyArray, parseNpy } from '../../npy.ts';

/** Largest total size in bytes of the arrays in a file. */
const LARGEST = 2 ** 31 - 1;

/**
 * Reads the arrays, by name, of a `.npz` file, NumPy's zip of `.npy` files (PKWARE's APPNOTE.TXT, sections 4.3.12 and
 * 4.3.16).
 *
 * @param name the file's name in errors
 * @throws DataError if it is not a `.npz` file, cut short, or too large
 */
export function parseNpz(bytes: Uint8Array, name: string): Map<string, NumpyArray> {
  const damaged = (why: string): never => {
    throw new DataError(`${name} is not a readable .npz file: ${why}.`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) damaged('it has no directory at its end and may be cut short');
  const arrays = new Map<string, NumpyArray>();
  let left = LARGEST;
  try {
    let at = view.getUint32(end + 16, true);
    for (let entries = view.getUint16(end + 10, true); entries > 0; entries--) {
      const method = view.getUint16(at + 10, true);
      const [packed, unpacked] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
      const nameLength = view.getUint16(at + 28, true);
      const own = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
      const local = view.getUint32(at + 42, true);
      at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
      const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const content = bytes.subarray(begin, begin + packed);
      left -= unpacked;
      if (left < 0) damaged(`its arrays have more than ${LARGEST} bytes`);
      const array = method === 0 ? content : inflateRawSync(content, { maxOutputLength: unpacked });
      if (array.length !== unpacked) damaged(`${own} is cut short`);
      if (own.endsWith('.npy')) arrays.set(own.slice(0, -'.npy'.length), parseNpy(array, `${name}, ${own}`));
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    damaged('it is damaged');
  }
  if (arrays.size === 0) damaged('it contains no arrays');
  return arrays;
}
