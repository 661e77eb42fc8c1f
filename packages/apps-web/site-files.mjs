/** Writes the files hosted with the page: checkpoints and, on request, data. Each folder has an index of its files. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { refuse } from '../../scripts/command-line.mjs';

/** The part of the weights that the page uses, where it does not use all. */
const USED = {
  // The encoder has two thirds of the weights. Without stored directions the page finds them itself, with the encoder.
  'cartoon-vae': ({ directed }) => (directed ? 'decoder.' : ''),
  'fashion-gan': () => 'generator.',
  'fashion-vae-gan': () => 'decoder.',
};

/** Copies the checkpoints that ship, each under its experiment's name, without the weights that the page never uses. */
export async function copyCheckpoints(from, to) {
  await mkdir(to, { recursive: true });
  for (const experiment of await readdir(from).catch(() => [])) {
    await cp(join(from, experiment), join(to, experiment), { recursive: true });
    const model = join(to, experiment, 'model.safetensors');
    const directed = (await readMaybe(join(to, experiment, 'codes.safetensors')))?.includes('"directions"');
    const bytes = experiment in USED && (await readMaybe(model));
    if (bytes) await writeFile(model, tensorsWith(bytes, USED[experiment]({ directed })));
  }
  await writeIndex(to);
}

/** A safetensors file with only the tensors whose names start with `prefix`. */
function tensorsWith(bytes, prefix) {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const kept = {};
  const parts = [];
  let at = 0;
  for (const [name, entry] of Object.entries(JSON.parse(bytes.subarray(8, start)))) {
    if (name === '__metadata__') kept[name] = entry;
    if (!name.startsWith(prefix)) continue;
    const [begin, end] = entry.data_offsets;
    parts.push(bytes.subarray(start + begin, start + end));
    kept[name] = { ...entry, data_offsets: [at, at + end - begin] };
    at += end - begin;
  }
  const text = JSON.stringify(kept);
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8)); // the tensors stay aligned
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...parts]);
}

/** Copies the datasets in a folder that may be hosted, or the part of each that its record allows. */
export async function hostData(dataDir, to) {
  await mkdir(to, { recursive: true });
  if (dataDir !== undefined) {
    const { DATASETS, hostedPath } = await importDatasets();
    const hosted = Object.values(DATASETS).filter(({ hosted }) => hosted !== undefined);
    const found = await Promise.all(hosted.map((dataset) => hostDataset(dataset, dataDir, to, hostedPath)));
    const folders = hosted.map(({ id }) => `${id}/`).join(' nor ');
    if (!found.includes(true)) refuse(`${dataDir} contains neither ${folders}.`);
  }
  await writeIndex(to);
}

/** Copies one dataset. Returns false, and copies nothing, if a file is missing. */
async function hostDataset({ id, hosted: { files, cut } }, dataDir, to, hostedPath) {
  const contents = await Promise.all(files.map((file) => readMaybe(join(dataDir, id, file))));
  if (contents.includes(undefined)) return false;
  for (const [i, file] of files.entries()) {
    const content = file.endsWith('.gz') ? gunzipSync(contents[i]) : contents[i];
    await write(join(to, hostedPath(id, file)), cut(content));
  }
  return true;
}

/** Bundles and imports the dataset records, as Node 20 can't import TypeScript. */
async function importDatasets() {
  const { outputFiles } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: ['@hourglass/datasets'],
    bundle: true,
    write: false,
    conditions: ['@hourglass/source'],
    format: 'esm',
    platform: 'node',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

async function write(path, bytes) {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, gzipSync(bytes, { level: 9 }));
}

/** Writes `index.json`: each file's size, for the progress bar, and hash, to check that a browser's copy is current. */
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
