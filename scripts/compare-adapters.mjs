/**
 * The first ten training losses on every adapter that Node finds here: `node scripts/compare-adapters.mjs [--only ecg,fashion]`. Each
 * loss is that of one step, from the same seed on the same made-up samples; twice on each adapter, which must give the same digits.
 * Between adapters they should agree to 1e-4 of themselves; exit code 1 if they don't. Prints a table for docs/results.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const STEPS = 10;
const TOLERANCE = 1e-4;

/** The system's own adapters, and SwiftShader, which serves where Vulkan finds no driver. */
const ADAPTERS = [
  { args: ['--adapter', 'hardware'], env: {} },
  { args: ['--adapter', 'software'], env: {} },
  { args: ['--adapter', 'software'], env: { VK_ICD_FILENAMES: '/nonexistent', VK_DRIVER_FILES: '/nonexistent' } },
];

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const root = mkdtempSync(join(tmpdir(), 'compare-adapters-'));
const cli = join(import.meta.dirname, '../packages/apps-cli');
const bundle = mkdtempSync(join(cli, 'node_modules/.compare-adapters-'));

function beats() {
  const path = join(root, 'ecg.csv');
  const sample = (i, t) => Math.sin(t / (i % 2 ? 9 : 5) + i * 0.37) + 0.1 * Math.cos(i * t);
  const rows = Array.from({ length: 200 }, (_, i) => [...Array.from({ length: 140 }, (_, t) => sample(i, t)), i % 2]);
  writeFileSync(path, `${rows.join('\n')}\n`);
  return path;
}

/** 32 + 4 images of waves in Fashion-MNIST's four files. */
function images() {
  const folder = join(root, 'images');
  mkdirSync(folder);
  for (const [prefix, count] of [
    ['train', 32],
    ['t10k', 4],
  ]) {
    const pixel = (_, i) => 127.5 * (1 + Math.sin((i % 28) / 3 + Math.floor(i / 784)) * Math.cos((i % 784) / 140));
    writeFileSync(
      join(folder, `${prefix}-images-idx3-ubyte`),
      idx([count, 28, 28], Buffer.from({ length: count * 784 }).map(pixel)),
    );
    writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte`), idx([count], Buffer.alloc(count)));
  }
  return folder;
}

function idx(shape, data) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length);
  shape.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([header, data]);
}

let runs = 0;
/** One step an epoch, so that an epoch's loss is a step's; undefined where there is no such adapter. */
function lossesOn({ args, env }, experiment, data, seed = 0) {
  const out = join(root, `run-${runs++}`);
  const recipe = ['--preset', 'report', '--epochs', String(STEPS), '--batch', '4096', '--seed', String(seed)];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(bundle, 'hourglass.js'), 'train', experiment, ...recipe, ...args, '--data', data, '--out', out, '--json'],
    { env: { ...process.env, ...env }, encoding: 'utf8' },
  );
  if (status !== 0 && stderr.includes('adapter was found')) return undefined;
  if (status !== 0) throw new Error(stderr);
  const [, ...rows] = readFileSync(join(out, 'metrics.csv'), 'utf8').trim().split('\n');
  return { adapter: JSON.parse(stdout).adapter, losses: rows.map((row) => Number(row.split(',')[2])) };
}

let failed = false;
try {
  execFileSync(process.execPath, [join(cli, 'build.mjs'), bundle]);
  const data = { ecg: beats(), fashion: images() };
  data['fashion-vae'] = data.fashion;
  for (const experiment of values.only?.split(',') ?? ['ecg', 'fashion', 'fashion-vae']) {
    const found = [];
    for (const adapter of ADAPTERS) {
      const first = lossesOn(adapter, experiment, data[experiment]);
      if (first === undefined || found.some(({ adapter }) => adapter === first.adapter)) continue;
      const again = lossesOn(adapter, experiment, data[experiment]);
      const otherSeed = lossesOn(adapter, experiment, data[experiment], 1);
      const repeats = again.losses.join() === first.losses.join();
      const differs = otherSeed.losses.every((loss, i) => loss !== first.losses[i]);
      found.push({ ...first, repeats, differs });
      failed ||= !repeats || !differs;
    }
    const reference = found[0].losses;
    console.log(`\n| ${experiment}, step | ${found.map(({ adapter }) => adapter).join(' | ')} |`);
    console.log(`| --- |${' --- |'.repeat(found.length)}`);
    reference.forEach((_, i) => {
      console.log(`| ${i + 1} | ${found.map(({ losses }) => losses[i].toPrecision(9)).join(' | ')} |`);
    });
    const apart = found.map(({ losses }) => Math.max(...losses.map((loss, i) => Math.abs(loss / reference[i] - 1))));
    failed ||= apart.some((difference) => difference > TOLERANCE);
    console.log(
      `| most apart | ${apart.map((difference) => (difference === 0 ? '–' : difference.toExponential(1))).join(' | ')} |`,
    );
    console.log(
      `| a second time the same digits | ${found.map(({ repeats }) => (repeats ? 'yes' : 'NO')).join(' | ')} |`,
    );
    console.log(`| another seed, other losses | ${found.map(({ differs }) => (differs ? 'yes' : 'NO')).join(' | ')} |`);
  }
} finally {
  for (const folder of [root, bundle]) rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
