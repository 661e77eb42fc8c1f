import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { epochLosses } from '@hourglass/experiments';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { RunFolder } from '../src/run/folder.ts';
import { formatMetrics, formatTimes, parseMetrics } from '../src/run/metrics-file.ts';
import { OutputError, UsageError } from '../src/usage/errors.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'run-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

test('discarding removes every folder that was created, and none that existed', async () => {
  await mkdir(join(root, 'there'));
  const folder = await RunFolder.create(join(root, 'there', 'runs', 'a'));
  await folder.writeFigure({ name: 'x', svg: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>' });
  await folder.discard();
  expect(await readdir(root)).toEqual(['there']);
  expect(await readdir(join(root, 'there'))).toEqual([]);
});

test('discarding leaves files that others have put into the folder', async () => {
  const folder = await RunFolder.create(join(root, 'run'));
  await folder.writeSummary('a summary');
  await writeFile(join(folder.path, 'notes.txt'), 'mine');
  await folder.discard().catch(() => undefined);
  expect(await readdir(folder.path)).toEqual(['notes.txt']);
});

test('runs that start in the same second get separate folders', async () => {
  const now = new Date(2026, 0, 2, 3, 4, 5);
  vi.stubEnv('INIT_CWD', root);
  const folders = await Promise.all([1, 2, 3].map(() => RunFolder.createDefault('ecg', now)));
  vi.unstubAllEnvs();
  const names = folders.map(({ path }) => path).sort();
  const first = join(root, 'runs', 'ecg-2026-01-02-030405');
  expect(names).toEqual([first, `${first}-2`, `${first}-3`]);
});

test('if several processes request a lock at the same moment, one gets it', async () => {
  // A folder from which its packages are found.
  const aside = await mkdtemp(fileURLToPath(new URL('../node_modules/.run-lock-', import.meta.url)));
  onTestFinished(() => rm(aside, { recursive: true }));
  await build({
    entryPoints: [fileURLToPath(new URL('../src/run/lock.ts', import.meta.url))],
    outfile: join(aside, 'run-lock.mjs'),
    bundle: true,
    conditions: ['@hourglass/source'],
    platform: 'node',
    format: 'esm',
    loader: { '.wgsl': 'text' },
    external: ['webgpu', '@sparticuz/chromium', 'jsfive', 'commander'],
  });
  const folders = Array.from({ length: 60 }, (_, i) => join(root, `race-${i}`));
  for (const folder of folders) await mkdir(folder);
  const script = join(aside, 'race.mjs');
  await writeFile(
    script,
    `import { RunLock } from './run-lock.mjs';
    const [begin, ...folders] = process.argv.slice(2);
    const won = [];
    for (const [i, folder] of folders.entries()) {
      while (Date.now() < Number(begin) + 10 * i);
      if (await RunLock.take(folder).catch(() => undefined)) won.push(folder);
    }
    console.log(won.join());
    process.stdin.resume();`, // alive until all have tried
  );
  const begin = String(Date.now() + 1000);
  const racers = [1, 2, 3].map(() => spawn(process.execPath, [script, begin, ...folders]));
  const won = await Promise.all(racers.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()));
  for (const racer of racers) racer.stdin.end();
  expect(won.join().split(',').filter(Boolean).sort()).toEqual(folders.toSorted());
});

test('discarding leaves the runs of others', async () => {
  const folder = await RunFolder.create(join(root, 'runs', 'a'));
  await RunFolder.create(join(root, 'runs', 'b'));
  await folder.discard().catch(() => undefined);
  expect(await readdir(join(root, 'runs'))).toEqual(['b']);
});

test('a folder that is not empty is refused and left unchanged', async () => {
  await writeFile(join(root, 'mine.txt'), '');
  await expect(RunFolder.create(root)).rejects.toThrow(UsageError);
  expect(await readdir(root)).toEqual(['mine.txt']);
});

test('if a checkpoint cannot be written, the previous one remains', async () => {
  const folder = await RunFolder.create(join(root, 'run'));
  await folder.writeLast(Uint8Array.of(1, 2, 3));
  const path = join(folder.path, 'last.safetensors');
  await mkdir(`${path}.tmp`); // blocks the name of the temporary file
  await expect(folder.writeLast(Uint8Array.of(4))).rejects.toThrow(OutputError);
  expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  expect(await readdir(dirname(path))).toContain('last.safetensors');
});

test('on a full disk, the previous checkpoint remains, and the reason is named', async ({ skip }) => {
  const disk = join(root, 'disk');
  await mkdir(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]).status === 0;
  if (!mounted) skip('only root can mount a small disk here');
  try {
    const folder = await RunFolder.create(join(disk, 'run'));
    await folder.writeLast(new Uint8Array(100_000).fill(1));
    await expect(folder.writeLast(new Uint8Array(300_000).fill(2))).rejects.toThrow(
      /last\.safetensors can't be written: the disk is full, ENOSPC\.$/,
    );
    expect(await readFile(join(folder.path, 'last.safetensors'))).toEqual(Buffer.alloc(100_000, 1));
    expect(await readdir(folder.path)).toEqual(['last.safetensors']);
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('a folder used by a running process is refused; the lock of a dead one is ignored', async () => {
  const folder = await RunFolder.create(join(root, 'run'));
  const path = join(folder.path, 'lock');
  const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await writeFile(path, `${sleeper.pid} ${hostname()}\n`);
  await expect(folder.lock()).rejects.toThrow(`is being trained by process ${sleeper.pid} on ${hostname()}`);
  sleeper.kill('SIGKILL');
  await once(sleeper, 'exit');
  const lock = await folder.lock();
  expect(await readFile(path, 'utf8')).toBe(`${process.pid} ${hostname()}\n`);
  await lock.release();
  expect(await readdir(folder.path)).toEqual([]);

  await writeFile(path, '1 another-machine\n');
  await expect(folder.lock()).rejects.toThrow(/process 1 on another-machine\..*remove/);
  await writeFile(path, ''); // a disk that was full
  await (await folder.lock()).release();
});

test.skipIf(process.platform === 'win32')('links in a run folder are not followed', async () => {
  const folder = await RunFolder.create(join(root, 'run'));
  const mine = join(root, 'mine.txt');
  await writeFile(mine, 'mine');
  await symlink(mine, join(folder.path, 'last.safetensors.tmp'));
  await folder.writeLast(Uint8Array.of(1));
  await symlink(root, join(folder.path, 'figures'));
  const figure = { name: 'mine', svg: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>' };
  await expect(folder.writeFigure(figure)).rejects.toThrow(/mine\.png can't be written: its folder is a link/);
  expect(await readFile(mine, 'utf8')).toBe('mine');
  expect((await readdir(root)).sort()).toEqual(['mine.txt', 'run']);

  await symlink(mine, join(folder.path, 'config.json'));
  await expect(RunFolder.open(folder.path)).rejects.toThrow(/config\.json is not a regular file/);
});

test('a file that is far too large is refused without reading it', async () => {
  const { path } = await RunFolder.create(join(root, 'run'));
  await writeFile(join(path, 'config.json'), '');
  await truncate(join(path, 'config.json'), 2 ** 40); // sparse: it takes no space
  await expect(RunFolder.open(path)).rejects.toThrow(/config\.json has 1099511627776 bytes; the maximum is 1048576/);
});

test.skipIf(process.platform === 'win32')('a lock that is not a file is ignored', async () => {
  const folder = await RunFolder.create(join(root, 'run'));
  const path = join(folder.path, 'lock');
  for (const target of [join(root, 'nowhere'), '/dev/zero']) {
    await symlink(target, path);
    const lock = await folder.lock();
    expect(await readFile(path, 'utf8')).toBe(`${process.pid} ${hostname()}\n`);
    await lock.release();
  }
  await mkdir(path);
  await expect(folder.lock()).rejects.toThrow(/run can't be written: its lock is a folder\.$/);
});

test('metrics are read back with all digits, without the rows after the checkpoint', () => {
  const row = (epochs: number) => ({
    epochs,
    steps: 10 * epochs,
    loss: 1 / 3 / epochs,
    valLoss: Math.PI / epochs,
    seconds: 0.1 * epochs,
    samplesPerSecond: 610.123456789,
  });
  const all = [row(1), row(2), row(3)];
  const [text, times] = [formatMetrics(all), formatTimes(all)];
  expect(parseMetrics(text, 2, 'metrics.csv', times)).toEqual([row(1), row(2)]);
  expect(parseMetrics(text, 1, 'metrics.csv', 'cut')).toEqual([{ ...row(1), seconds: 0, samplesPerSecond: 0 }]);
  const earlier = 'epoch,steps,loss,val_loss,seconds,samples_per_second\n1,10,0.5,0.25,3,4\n';
  expect(parseMetrics(earlier, 1, 'metrics.csv')).toMatchObject([{ epochs: 1, seconds: 3, samplesPerSecond: 4 }]);
  expect(() => parseMetrics(text, 4, 'metrics.csv')).toThrow('metrics.csv, line 5');
  expect(() => parseMetrics(text.replace('20,', 'twenty,'), 2, 'metrics.csv')).toThrow('metrics.csv, line 3');
  expect(() => parseMetrics('a,b\n', 0, 'metrics.csv')).toThrow('no title epoch');
  const foreign = text.replace('val_loss', 'val_loss,mood');
  expect(() => parseMetrics(foreign, 1, 'metrics.csv')).toThrow("no run has a column 'mood'");
});

test('the parts of a loss have separate columns', () => {
  const losses = epochLosses({ loss: 3, klLoss: 1 }, { klLoss: 2, loss: 4, normalLoss: 5 });
  expect(losses).toEqual({ loss: 3, valLoss: 4, klLoss: 1, valKlLoss: 2, valNormalLoss: 5 });
  const row = { epochs: 1, steps: 5, seconds: 1, samplesPerSecond: 9, ...losses };
  const text = formatMetrics([row]);
  expect(text.split('\n')[0]).toBe('epoch,steps,loss,val_loss,kl_loss,val_kl_loss,val_normal_loss');
  expect(parseMetrics(text, 1, 'metrics.csv', formatTimes([row]))).toEqual([row]);
});
