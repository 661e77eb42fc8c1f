/**
 * Kills training runs at random moments with `kill -9`, and resumes them after each kill: `node scripts/kill-runs.mjs
 * [--kills 100] [--seed 1]`. After every kill the last checkpoint must be complete, and not older than before. Every
 * run must reach the weights and losses of an undisturbed run, bit for bit. A third of the kills come while the
 * checkpoint is being written.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './command-line.mjs';

const USAGE = 'node scripts/kill-runs.mjs [--kills N] [--seed N]';
const { values } = readOptions(USAGE, { options: { kills: { type: 'string' }, seed: { type: 'string' } } });
const kills = Number(values.kills ?? 100);
let state = Number(values.seed ?? 1);

/** Marsaglia's xorshift: a number in [0, 1). */
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

// A separate bundle, as a build in the meantime would remove the command; it finds its packages in node_modules.
const cli = join(import.meta.dirname, '../packages/apps-cli');
const bundle = mkdtempSync(join(cli, 'node_modules/.kill-runs-'));
const command = join(bundle, 'hourglass.js');
const root = mkdtempSync(join(tmpdir(), 'kill-runs-'));
const data = join(root, 'beats.csv');
writeFileSync(data, beats(200));

/** Beats of two kinds, in the format of ecg.csv. */
function beats(count) {
  const sample = (i, t) => Math.sin(t / (i % 2 ? 9 : 5) + i * 0.37) + 0.1 * Math.cos(i * t);
  const rows = Array.from({ length: count }, (_, i) => [...Array.from({ length: 140 }, (_, t) => sample(i, t)), i % 2]);
  return `${rows.join('\n')}\n`;
}

function train(...args) {
  const child = spawn(process.execPath, [command, 'train', 'ecg', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.said = '';
  child.stderr.on('data', (chunk) => {
    child.said += chunk;
  });
  return child;
}

const begin = (folder) => train('--data', data, '--epochs', '12', '--batch', '16', '--out', folder);

/** The tensors' bytes and the trainer's state without its clock, read independently by the rules of the format. */
function readCheckpoint(folder) {
  const bytes = readFileSync(join(folder, 'last.safetensors'));
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...tensors } = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes));
  const end = Math.max(...Object.values(tensors).map(({ data_offsets }) => data_offsets[1]));
  if (8 + headerBytes + end !== bytes.length) throw new Error(`${folder}: the checkpoint is incomplete`);
  const position = JSON.parse(metadata['hourglass.state']);
  return {
    step: position.step,
    content: `${JSON.stringify(position)} ${bytes.subarray(8 + headerBytes).toString('hex')}`,
  };
}

/** epoch, steps, loss, val_loss of every row. */
const losses = (folder) => readFileSync(join(folder, 'metrics.csv'), 'utf8');

/** Resolves when training has begun, or the process has ended. */
async function beginning(child, ended) {
  while (!child.said.includes('Epoch ') && child.exitCode === null) {
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5))]);
  }
}

/**
 * Resolves at the moment to kill: while the checkpoint is being written, or after a random time of at most half a run.
 */
async function moment(child, folder, whole) {
  const ended = once(child, 'exit');
  await beginning(child, ended);
  if (random() < 1 / 3) {
    const written = new Promise((resolve) => {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name === 'last.safetensors.tmp') resolve(watcher.close());
      });
      child.on('exit', () => watcher.close());
    });
    await Promise.race([ended, written]);
  } else {
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, (whole / 2) * random()))]);
  }
}

try {
  execFileSync(process.execPath, [join(cli, 'build.mjs'), bundle]);
  const whole = join(root, 'whole');
  const undisturbed = begin(whole);
  const ended = once(undisturbed, 'exit');
  await beginning(undisturbed, ended);
  const begun = performance.now();
  const [code] = await ended;
  const milliseconds = performance.now() - begun;
  if (code !== 0) throw new Error(`the undisturbed run failed: ${undisturbed.said}`);
  const expected = { ...readCheckpoint(whole), losses: losses(whole) };

  let killed = 0;
  let inWrites = 0;
  let runs = 0;
  while (killed < kills) {
    const folder = join(root, `run-${runs}`);
    let child = begin(folder);
    let step = 0;
    for (;;) {
      if (killed < kills) await moment(child, folder, milliseconds);
      else await once(child, 'exit');
      if (child.exitCode !== null) break;
      child.kill('SIGKILL');
      await once(child, 'exit');
      if (child.signalCode === 'SIGKILL') {
        killed++;
        if (existsSync(join(folder, 'last.safetensors.tmp'))) inWrites++;
        console.error(`kill ${killed}; ${inWrites} so far while a checkpoint was being written`);
      }
      const found = readCheckpoint(folder);
      if (found.step < step) throw new Error(`step ${found.step} after step ${step}`);
      ({ step } = found);
      child = train('--resume', folder);
    }
    if (child.exitCode !== 0) throw new Error(`after ${killed} kills: ${child.said}`);
    if (readCheckpoint(folder).content !== expected.content) throw new Error(`${folder}: the weights differ`);
    if (losses(folder) !== expected.losses) throw new Error(`${folder}: the losses differ`);
    runs++;
    console.error(
      `${killed} kills, ${inWrites} of them while a checkpoint was being written; ${runs} runs ended with the same bits`,
    );
    rmSync(folder, { recursive: true });
  }
  console.log(
    JSON.stringify({ kills: killed, withinCheckpointWrites: inWrites, runs, stepsOfEach: expected.step, lost: 0 }),
  );
} finally {
  for (const folder of [root, bundle]) rmSync(folder, { recursive: true, force: true });
}
