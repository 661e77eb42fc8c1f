/** What lies beside the page: checkpoints and, on request, data; each kind with an index of what there is. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Training images of Fashion-MNIST that are hosted: some 4 MB. */
const HOSTED_TRAINING_IMAGES = 10_000;
const IMAGE_BYTES = 28 * 28;

/** The checkpoints that ship, under their experiments' names. */
export async function copyCheckpoints(from, to) {
  await mkdir(to, { recursive: true });
  for (const experiment of await readdir(from).catch(() => [])) {
    await cp(join(from, experiment), join(to, experiment), { recursive: true });
  }
  await writeIndex(to);
}

/** Of a folder of data sets: all test images and the first training images of Fashion-MNIST, and all beats of ECG5000. */
export async function hostData(dataDir, to) {
  await mkdir(to, { recursive: true });
  if (dataDir !== undefined) {
    const found = [
      await hostFashion(join(dataDir, 'fashion-mnist'), to),
      await hostBeats(join(dataDir, 'ecg5000'), to),
    ];
    if (!found.includes(true)) throw new Error(`${dataDir} holds neither fashion-mnist/ nor ecg5000/.`);
  }
  await writeIndex(to);
}

async function hostFashion(from, to) {
  for (const [part, count] of [
    ['train', HOSTED_TRAINING_IMAGES],
    ['t10k', 10_000],
  ]) {
    const images = await readMaybe(join(from, `${part}-images-idx3-ubyte.gz`));
    const labels = await readMaybe(join(from, `${part}-labels-idx1-ubyte.gz`));
    if (images === undefined || labels === undefined) return false;
    await write(
      join(to, 'fashion-mnist', `${part}-images-idx3-ubyte.gz`),
      firstOf(gunzipSync(images), 16, count, IMAGE_BYTES),
    );
    await write(join(to, 'fashion-mnist', `${part}-labels-idx1-ubyte.gz`), firstOf(gunzipSync(labels), 8, count, 1));
  }
  return true;
}

async function hostBeats(from, to) {
  for (const name of ['ECG5000_TRAIN.txt', 'ECG5000_TEST.txt']) {
    const text = await readMaybe(join(from, name));
    if (text === undefined) return false;
    await write(join(to, 'ecg5000', `${name}.gz`), text);
  }
  return true;
}

/** The first elements of an IDX file, whose count stands in the bytes from 4. */
function firstOf(idx, headerBytes, count, elementBytes) {
  const kept = Math.min(count, idx.readUInt32BE(4));
  const first = Buffer.from(idx.subarray(0, headerBytes + kept * elementBytes));
  first.writeUInt32BE(kept, 4);
  return first;
}

async function write(path, bytes) {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, gzipSync(bytes, { level: 9 }));
}

/** `index.json`: of each file its size, for the progress bar, and a hash, by which a browser's copy is known to be current. */
async function writeIndex(folder) {
  const index = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'index.json') continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const bytes = await readFile(path);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    index[relative(folder, path).replaceAll('\\', '/')] = { bytes: bytes.length, hash };
  }
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
}

const readMaybe = (path) => readFile(path).catch(() => undefined);
