/**
 * Feeds damaged and hostile files to every reader of untrusted files: `node scripts/fuzz.mjs [--count 20000] [--only
 * keras,tar] [--seed 1]`. For each file, the reader must return a result or throw its own error, in time, without a
 * large allocation. A reader that hangs is stopped from outside, as its worker would be. Prints a table; exit code 1 if
 * anything was wrong.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { readOptions } from './command-line.mjs';

const NAMES = ['safetensors', 'keras', 'idx', 'gzip', 'tar', 'png', 'ecg text', 'run folder'];
/** Milliseconds after which a reader is stopped. */
const LIMIT = 10_000;
/** Third-party readers, which run in workers with a time limit: being stopped is not a fault. */
const STOPPABLE = ['keras'];

const USAGE = 'node scripts/fuzz.mjs [--count N] [--only FORMAT,…] [--seed N]';
const { values } = readOptions(USAGE, {
  options: { count: { type: 'string' }, only: { type: 'string' }, seed: { type: 'string' } },
});
const count = Number(values.count ?? 20_000);
const names = values.only?.split(',') ?? NAMES;
const seed = Number(values.seed ?? 1);

const packages = join(import.meta.dirname, '../packages');
const bundle = mkdtempSync(join(packages, 'apps-cli/node_modules/.fuzz-'));
const program = join(bundle, 'worker.mjs');
await build({
  entryPoints: [join(import.meta.dirname, 'fuzz-worker.mjs')],
  outfile: program,
  bundle: true,
  conditions: ['@hourglass/source'],
  format: 'esm',
  platform: 'node',
  loader: { '.wgsl': 'text' },
  external: ['webgpu', '@resvg/resvg-js', '@sparticuz/chromium'],
  banner: { js: "import { createRequire as c } from 'node:module'; const require = c(import.meta.url);" },
});

let wrong = 0;
const rows = [];
try {
  for (const name of names) rows.push(await fuzz(name));
} finally {
  rmSync(bundle, { recursive: true, force: true });
}
console.table(rows);
console.log(JSON.stringify({ seed, rows }));
process.exitCode = wrong > 0 ? 1 : 0;

/** Feeds one reader all inputs, in a worker that is restarted after each input that crashed or hung it. */
async function fuzz(name) {
  const total = {
    reader: name,
    inputs: 0,
    results: 0,
    refused: 0,
    stopped: 0,
    faults: 0,
    slowestMs: 0,
    largestBytes: 0,
  };
  let next = 0;
  while (next < count) {
    const shared = new Float64Array(new SharedArrayBuffer(16)); // the current input, and its start time
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
    mkdirSync(folder, { recursive: true });
    const worker = new Worker(pathToFileURL(program), {
      workerData: { name, from: next, count, seed, shared, folder, packages },
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    worker.on('message', (report) => {
      for (const key of ['inputs', 'results', 'refused', 'faults']) total[key] += report[key];
      for (const key of ['slowestMs', 'largestBytes']) total[key] = Math.max(total[key], report[key]);
      wrong += report.faults;
    });
    const watch = setInterval(() => {
      if (shared[1] > 0 && Date.now() - shared[1] > LIMIT) worker.terminate();
    }, 250);
    worker.on('error', (error) => console.error(`${name}, input ${shared[0]}: ${error.message}`));
    const code = await new Promise((resolve) => worker.on('exit', resolve));
    clearInterval(watch);
    rmSync(folder, { recursive: true, force: true });
    next = shared[0] + 1;
    if (code === 0) break;
    total.inputs++;
    total.stopped++;
    if (!STOPPABLE.includes(name)) wrong++;
    console.error(`${name}: stopped at input ${shared[0]}`);
  }
  console.error(JSON.stringify(total));
  return total;
}
