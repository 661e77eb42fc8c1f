import { gzipSync } from 'node:zlib';

/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length);
  shape.forEach((extent, i) => {
    header.writeUInt32BE(extent, 4 + 4 * i);
  });
  return Buffer.concat([header, data]);
}

/** The files of a small dataset in the format of Fashion-MNIST, by name: `count` images and labels per split. */
export function smallSet(count: number): Map<string, Uint8Array> {
  const images = idx(
    [count, 28, 28],
    Uint8Array.from({ length: count * 784 }, (_, i) => i % 251),
  );
  const labels = idx(
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  );
  return new Map([
    ['train-images-idx3-ubyte.gz', new Uint8Array(gzipSync(images))],
    ['train-labels-idx1-ubyte.gz', new Uint8Array(gzipSync(labels))],
    ['t10k-images-idx3-ubyte.gz', new Uint8Array(gzipSync(images))],
    ['t10k-labels-idx1-ubyte.gz', new Uint8Array(gzipSync(labels))],
  ]);
}
