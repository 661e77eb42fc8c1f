/**
 * Measures a GPU, in the folder that pack.mjs made:
 *
 *   node run.mjs part1      is every number right here, and how fast is it, beside PyTorch: six minutes
 *   node run.mjs part2      trains all six models by the report's recipes: eight minutes
 *
 * Steps come in order of value, each with a limit of its own, and write their results as they go: whatever ends the run early costs
 * the tail alone. --out DIR: where results go (default: results). --data-dir DIR: other data than those packed. --rehearse: the same
 * in small, on any adapter.
 */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliDecompressSync } from 'node:zlib';

const here = import.meta.dirname;
const { values, positionals } = parseArgs({
  options: {
    out: { type: 'string', default: 'results' },
    'data-dir': { type: 'string', default: join(here, 'data') },
    rehearse: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
  allowPositionals: true,
});
const out = resolve(values.out);
const dataDir = resolve(values['data-dir']);
const { rehearse } = values;

/**
 * Ten losses may be so many times as far apart as one rounding in each initial weight moves them: every sum of every step is
 * rounded otherwise where it is added in another order.
 */
const ROUNDINGS = 10;

const hourglass = (...args) => [
  process.execPath,
  join(here, 'hourglass/hourglass.js'),
  ...args,
  ...['--adapter', rehearse ? 'software' : 'hardware', '--cache-dir', join(out, 'cache')],
];
/** As many at once as there are cores. */
const tests = (...names) => [process.execPath, '--test', ...names.map((name) => join(here, `tests/${name}.mjs`))];
const train = (id, ...args) =>
  hourglass(
    ...['train', id, '--preset', 'report', '--data-dir', dataDir, '--out', join(out, 'runs', id), '--json'],
    ...(rehearse ? ['--epochs', '1', '--limit', '256'] : []),
    ...args,
  );
const bench = (...args) =>
  hourglass('bench', '--json', ...(rehearse ? ['--work', 'W1,W4', '--batch', '8'] : []), ...args);

const PARTS = {
  part1: [
    { name: 'doctor', seconds: 30, command: hourglass('doctor') },
    { name: 'losses', seconds: 60, command: [process.execPath, join(here, 'tests/losses.mjs')], check: checkLosses },
    { name: 'tests-of-products', seconds: 90, command: tests('oracle', ...(rehearse ? [] : ['convolution'])) },
    { name: 'tune', seconds: 100, command: hourglass('tune', ...(rehearse ? ['ecg', '--batch', '8'] : []), '--json') },
    {
      name: 'bench',
      seconds: 200,
      command: bench('--rounds', '3', '--seconds', rehearse ? '0.1' : '0.5', '--peers', join(here, 'peers')),
    },
    { name: 'profile', seconds: 60, command: bench('--profile', '--rounds', '5') },
    {
      name: 'tests',
      seconds: 90,
      command: tests('training', 'random', ...(rehearse ? [] : ['pieces', 'reduce', 'repeat'])),
    },
    {
      name: 'bench-for-information',
      seconds: 240,
      command: bench('--rounds', '1', '--seconds', '0.5', '--peers', join(here, 'peers-for-information')),
    },
  ],
  part2: [
    { name: 'fashion', seconds: 150, command: train('fashion') },
    { name: 'fashion-vae', seconds: 120, command: train('fashion-vae') },
    { name: 'cartoon-vae', seconds: 240, command: train('cartoon-vae', ...(rehearse ? ['--size', '64'] : [])) },
    { name: 'denoise', seconds: 150, command: train('denoise') },
    { name: 'ecg', seconds: 30, command: train('ecg') },
    { name: 'cartoon', seconds: 240, command: train('cartoon', ...(rehearse ? ['--size', '64'] : [])) },
  ],
};

const steps = PARTS[positionals[0]];
if (steps === undefined) {
  console.error('Say which part: node run.mjs part1, or node run.mjs part2.');
  process.exit(2);
}
mkdirSync(out, { recursive: true });
expand(here);
let failed = 0;
for (const step of steps) {
  if (values.only !== undefined && !values.only.split(',').includes(step.name)) continue;
  const begun = performance.now();
  const outcome = await perform(step);
  if (outcome !== 'done') failed++;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const report = [`${step.name}: ${outcome}, ${seconds} s`, ...(outcome === 'done' ? [] : reasons(step))].join('\n  ');
  console.log(report);
  appendFileSync(join(out, 'steps.txt'), `${report}\n`);
}
process.exitCode = failed > 0 ? 1 : 0;

/** Runs a step; what it prints goes into files of its name. */
async function perform({ name, seconds, command: [program, ...args], check }) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true' } });
  child.stdout.pipe(createWriteStream(join(out, `${name}.out`)));
  child.stderr.pipe(createWriteStream(join(out, `${name}.err`)));
  // Asked to end, a training saves first.
  const limit = rehearse ? 10 * seconds : seconds;
  const timers = [
    setTimeout(() => child.kill('SIGINT'), limit * 1000),
    setTimeout(() => child.kill('SIGKILL'), (limit + 15) * 1000),
  ];
  const begun = performance.now();
  const status = await new Promise((ended) => child.on('close', ended));
  for (const timer of timers) clearTimeout(timer);
  if (performance.now() - begun >= limit * 1000) return `stopped at its limit of ${limit} s`;
  return status === 0 ? (check?.(join(out, `${name}.out`)) ?? 'done') : `failed (${status})`;
}

/** What a step that failed says of it: its failed tests, and the end of its errors. */
function reasons({ name }) {
  const [printed, errors] = ['out', 'err'].map((end) => readFileSync(join(out, `${name}.${end}`), 'utf8').split('\n'));
  const tests = printed.filter((line) => /not ok|error:|failureType/.test(line)).map((line) => line.trim());
  return [...tests, ...errors.filter((line) => line !== '').slice(-5)].slice(0, 60);
}

/** The losses beside those of the machine that packed. */
function checkLosses(file) {
  const found = JSON.parse(readFileSync(file, 'utf8'));
  const known = JSON.parse(readFileSync(join(here, 'losses.json'), 'utf8'));
  const compared = Object.entries(known).map(([id, { losses, moved }]) => {
    const apart = Math.max(...losses.map((loss, i) => Math.abs(found[id].losses[i] - loss) / Math.abs(loss)));
    const allowed = ROUNDINGS * Math.max(moved, found[id].moved);
    return { id, apart, allowed, within: apart <= allowed };
  });
  writeFileSync(join(out, 'losses-compared.json'), JSON.stringify(compared, null, 2));
  return compared.every(({ within }) => within) ? undefined : `too far apart: ${JSON.stringify(compared)}`;
}

/** Files that were compressed for the way. */
function expand(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) expand(path);
    else if (path.endsWith('.br') && !existsSync(path.slice(0, -3))) {
      writeFileSync(path.slice(0, -3), brotliDecompressSync(readFileSync(path)));
      rmSync(path);
    }
  }
}
