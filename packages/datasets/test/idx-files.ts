import { gzipSync } from 'node:zlib';

/** An IDX file of unsigned bytes. */
export function idx(shape: number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, i) => {
    header.setUint32(4 + 4 * i, size);
  });
  return Uint8Array.of(...new Uint8Array(header.buffer), ...data);
}

/** A small set in the format of Fashion-MNIST by file name: `count` images and labels a split. */
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
