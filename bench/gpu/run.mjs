/**
 * Measures a GPU, in the folder that pack.mjs made:
 *
 *   node run.mjs part1      checks results and measures speed, beside PyTorch: six minutes
 *   node run.mjs part2      trains all six models by the report's recipes: eight minutes
 *
 * Steps run in order of value, each with its own time limit, and write their results as they go: a run that ends early
 * loses only its last steps. --out DIR: folder for the results (default: results). --data-dir DIR: data other than the
 * packed data. --rehearse: the same steps at small size, on any adapter.
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
import { brotliDecompressSync } from 'node:zlib';
import { readOptions, refuse } from '../../scripts/command-line.mjs';

const here = import.meta.dirname;
const USAGE = 'node run.mjs part1|part2 [--out DIR] [--data-dir DIR] [--rehearse] [--only STEP,…]';
const { values, positionals } = readOptions(USAGE, {
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
 * Losses may differ by this many times the change that one rounding in each initial weight makes: a sum added in
 * another order is rounded differently, in every step.
 */
const ROUNDINGS = 10;

const hourglass = (...args) => [
  process.execPath,
  join(here, 'hourglass/hourglass.js'),
  ...args,
  ...['--adapter', rehearse ? 'software' : 'hardware', '--cache-dir', join(out, 'cache')],
];
/** Runs as many tests at once as there are cores. */
const tests = (...names) => [process.execPath, '--test', ...names.map((name) => join(here, `tests/${name}.mjs`))];
const train = (id, ...args) =>
  hourglass(
    ...['train', id, '--preset', 'report', '--data-dir', dataDir, '--out', join(out, 'runs', id), '--json'],
    ...(rehearse ? ['--epochs', '1', '--limit', '256'] : []),
    ...args,
  );
const bench = (...args) =>
  hourglass('bench', '--json', ...(rehearse ? ['--work', 'W1,W4', '--batch', '8'] : []), ...args);
/**
 * Compares works of one size with PyTorch. Each size is a step, so that a slow size does not use up the time of the
 * next.
 */
const compare = (work, size) => ({
  name: `bench-${work}-${size}`,
  seconds: 60,
  command: hourglass(
    ...['bench', '--json', '--work', work, '--batch', size, '--peers', join(here, 'peers')],
    ...['--rounds', '3', '--seconds', rehearse ? '0.1' : '0.4'],
  ),
});

/** The works and sizes that the project sets itself goals for. */
const GOALS = rehearse
  ? [
      ['W1', '8'],
      ['W4', '8'],
    ]
  : [
      ['W1', '128'],
      ['W2', '128'],
      ['W3', '128'],
      ['W1', '32'],
      ['W4', '512'],
      ['W5', '4096'],
    ];

const PARTS = {
  part1: [
    { name: 'doctor', seconds: 30, command: hourglass('doctor') },
    { name: 'losses', seconds: 60, command: [process.execPath, join(here, 'tests/losses.mjs')], check: checkLosses },
    { name: 'tests-of-products', seconds: 90, command: tests('oracle', ...(rehearse ? [] : ['convolution'])) },
    { name: 'tune', seconds: 90, command: hourglass('tune', ...(rehearse ? ['ecg', '--batch', '8'] : []), '--json') },
    ...GOALS.map(([work, size]) => compare(work, size)),
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
if (steps === undefined) refuse(`Give a part:\n${USAGE}`);
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

/** Runs a step; its output goes to files with its name. */
async function perform({ name, seconds, command: [program, ...args], check }) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true' } });
  child.stdout.pipe(createWriteStream(join(out, `${name}.out`)));
  child.stderr.pipe(createWriteStream(join(out, `${name}.err`)));
  // On SIGINT, training saves before it ends.
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

/** Why a step failed: its failed tests, and the end of its error output. */
function reasons({ name }) {
  const [printed, errors] = ['out', 'err'].map((end) => readFileSync(join(out, `${name}.${end}`), 'utf8').split('\n'));
  const tests = printed.filter((line) => /not ok|error:|failureType/.test(line)).map((line) => line.trim());
  return [...tests, ...errors.filter((line) => line !== '').slice(-5)].slice(0, 60);
}

/** Compares the losses with those of the machine that packed. */
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

/** Unpacks the files that were compressed for transport. */
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
