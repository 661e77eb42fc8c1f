import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli, callersEnv, type Outcome, writeSmallBeats } from './cli.ts';

/** A Python with torch.distributed, if this machine has one. */
const python = ['python3', '/usr/bin/python3', 'python'].find((candidate) => {
  try {
    execFileSync(candidate, ['-c', 'import torch.distributed as d; assert d.is_available()'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const skipped = python === undefined ? ' (SKIPPED: no Python here has PyTorch)' : '';
if (python === undefined) console.warn('SKIPPED: integrations/python; no Python here has PyTorch');

const PACKAGE = fileURLToPath(new URL('../../../integrations/python', import.meta.url));

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await mkdir(join(cli.home, 'data'));
  await writeSmallBeats(join(cli.home, 'data', 'ecg.csv'));
});
afterAll(() => cli.remove());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts `processes` ranks as torchrun does, by environment variables. */
async function together(args: readonly string[], processes: number): Promise<Outcome[]> {
  const port = await freePort();
  const env = {
    ...callersEnv(),
    PYTHONPATH: PACKAGE,
    HOURGLASS: cli.entry,
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: String(port),
    WORLD_SIZE: String(processes),
  };
  const ranks = Array.from({ length: processes }, (_, rank) => {
    const child = spawn(python!, ['-m', 'hourglass_distributed', 'train', ...args], {
      cwd: cli.home,
      env: { ...env, RANK: String(rank) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    return new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  });
  return Promise.all(ranks);
}

const ECG = ['ecg', '--preset', 'report', '--batch', '30', '--epochs', '2', '--data', 'data/ecg.csv'];

test.skipIf(python === undefined)(
  `two processes of torch.distributed have the losses of one command${skipped}`,
  async () => {
    expect((await cli.run(['train', ...ECG, '--out', 'alone'])).code).toBe(0);
    const [first, second] = await together([...ECG, '--out', 'together', '--json'], 2);
    expect(first!.stderr).not.toContain('hourglass');
    expect([first!.code, second!.code]).toEqual([0, 0]);
    expect(second!.stdout).toBe('');
    const { epochs, steps } = JSON.parse(first!.stdout) as { epochs: number; steps: number };
    expect([epochs, steps]).toEqual([2, 8]);
    const numbers = async (run: string) =>
      (await readFile(join(cli.home, run, 'metrics.csv'), 'utf8')).trim().split(/[\n,]/).map(Number);
    const [alone, both] = await Promise.all([numbers('alone'), numbers('together')]);
    // The shares are added in another order: a few roundings in each step.
    for (const [i, value] of both.entries())
      if (!Number.isNaN(value)) expect(Math.abs(value / alone[i]! - 1)).toBeLessThan(1e-6);
  },
  900_000,
);

test.skipIf(python === undefined)(
  `a wrong option ends all processes with its sentence${skipped}`,
  async () => {
    const [first, second] = await together([...ECG, '--preset', 'none'], 2);
    expect(first!.stderr).toMatch(/^hourglass: unknown --preset 'none'/);
    expect(first!.code).toBe(2);
    expect(second!.stderr).toMatch(/^hourglass, rank 1: /);
    expect(second!.code).not.toBe(0);
  },
  900_000,
);
