/** Bytes of magic, version and length at the beginning, and what all of it is a multiple of. */
const PREFIX = 10;
const ALIGNMENT = 64;

/** Numbers as NumPy's `.npy` file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), version 1.0. */
export function npyOf(values: Float32Array, shape: readonly number[]): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((PREFIX + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(length + 4 * values.length);
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]);
  const view = new DataView(file.buffer);
  view.setUint16(8, length - PREFIX, true);
  file.set(new TextEncoder().encode(`${header.padEnd(length - PREFIX - 1)}\n`), PREFIX);
  values.forEach((value, i) => {
    view.setFloat32(length + 4 * i, value, true);
  });
  return file;
}
