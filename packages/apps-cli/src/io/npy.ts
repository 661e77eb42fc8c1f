/** Bytes of magic, version and length at the beginning, and the multiple that the header's length is padded to. */
const PREFIX = 10;
const ALIGNMENT = 64;

/** Bytes of the header of a matrix, whatever its number of rows. */
const HEADER = 2 * ALIGNMENT;

/**
 * The header of float32 numbers [rows, columns] in NumPy's `.npy` format
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), version 1.0. Its length does not depend on
 * the extents. The numbers follow, row-major.
 */
export function npyHeader(rows: number, columns: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const header = new Uint8Array(HEADER);
  header.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]);
  new DataView(header.buffer).setUint16(8, HEADER - PREFIX, true);
  header.set(new TextEncoder().encode(`${text.padEnd(HEADER - PREFIX - 1)}\n`), PREFIX);
  return header;
}

/** Numbers as little-endian float32. */
export function npyNumbers(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true);
  return bytes;
}
