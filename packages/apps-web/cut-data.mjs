/**
 * Writes data/: the first images of Fashion-MNIST, which the page hosts unless `build.mjs --data-dir` gives more.
 * Command line: the folder with the four official files of Fashion-MNIST.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const IMAGES = { train: 1000, t10k: 200 };

const [from] = process.argv.slice(2);
if (from === undefined) throw new Error('Give the folder with the files of Fashion-MNIST.');
const to = resolve(import.meta.dirname, 'data/fashion-mnist');
await mkdir(to, { recursive: true });
for (const [split, count] of Object.entries(IMAGES)) {
  for (const [name, rank] of [
    ['images-idx3-ubyte.gz', 3],
    ['labels-idx1-ubyte.gz', 1],
  ]) {
    const content = gunzipSync(await readFile(join(from, `${split}-${name}`)));
    const header = 4 + 4 * rank;
    const item = rank === 3 ? content.readUInt32BE(8) * content.readUInt32BE(12) : 1;
    const first = Buffer.from(content.subarray(0, header + count * item));
    first.writeUInt32BE(count, 4);
    await writeFile(join(to, `${split}-${name}`), gzipSync(first, { level: 9 }));
  }
}
