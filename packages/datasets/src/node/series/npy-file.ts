import { type FileHandle, open } from 'node:fs/promises';
import { type NumpyArray, npyHeaderBytes, numberReader, parseNpyHeader } from '../../npy.ts';
import type { SeriesOptions } from '../../series/roles.ts';
import { fromArrays } from './arrays.ts';
import { type ChunkedFile, formOf, rowsAtOnce, stretchesOf } from './chunked-file.ts';

/**
 * Opens a `.npy` file of numbers.
 *
 * @param bytes the size of the file
 * @returns undefined if it can't be read row by row
 * @throws DataError if it is not a `.npy` file, or does not fit the options
 */
export async function openNpyFile(
  path: string,
  name: string,
  bytes: number,
  options: SeriesOptions,
): Promise<ChunkedFile | undefined> {
  const header = await withFile(path, async (file) => {
    const start = await bytesAt(file, 0, 12);
    return parseNpyHeader(await bytesAt(file, 0, npyHeaderBytes(start, name) ?? start.length), name);
  });
  const { shape, kind, itemBytes, littleEndian, fortran, end: begin } = header;
  const [count = 0, ...row] = shape;
  const size = row.reduce((product, extent) => product * extent, 1);
  const complete = bytes >= begin + count * size * itemBytes;
  if (!complete || fortran || /^[US]/.test(kind) || count === 0) return undefined;
  const number = numberReader(header, name);
  const read = async (file: FileHandle, first: number, rows: number) => {
    const content = await bytesAt(file, begin + first * size * itemBytes, rows * size * itemBytes);
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const values = Float64Array.from({ length: rows * size }, (_, i) => number(view, i * itemBytes, littleEndian));
    const array: NumpyArray = { shape: [rows, ...row], values };
    return fromArrays(new Map([['array', array]]), name, options, first);
  };
  return {
    form: formOf(await withFile(path, (file) => read(file, 0, 1))),
    count: async () => count,
    async *chunks(range, context) {
      const most = rowsAtOnce(size);
      const file = await open(path);
      try {
        for (const { place, start, end } of stretchesOf(count, bytes, range, context)) {
          for (let first = start; first < end; first += most)
            yield { ...(await read(file, first, Math.min(most, end - first))), first, place };
        }
      } finally {
        await file.close();
      }
    },
  };
}

async function withFile<Result>(path: string, work: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await open(path);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** At most `length` bytes, fewer at the end of the file. */
async function bytesAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
