import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli } from './cli.ts';

let cli: Cli;
let peers: string;
beforeAll(async () => {
  cli = await bundleCli();
  peers = join(cli.home, 'peers');
  await mkdir(peers);
  // A peer that follows the protocol and reports steps of 1000, 2000 and 6000 ms; one with too little memory; one for
  // another work; one that fails.
  await writeFile(
    join(peers, 'clock.mjs'),
    `import { createInterface } from 'node:readline';
     const say = (object) => console.log(JSON.stringify(object));
     const [work] = process.argv.slice(2);
     if (work === '--check') say({ peer: 'clock', version: '7.1' });
     else {
       say({ adapter: 'none', firstStepSeconds: 3 });
       for await (const _ of createInterface({ input: process.stdin })) say({ milliseconds: [1000, 2000, 6000], cpuSeconds: 0 });
     }`,
  );
  const clock = { command: ['node', 'clock.mjs'], remedy: 'wind it up' };
  const list = [
    { ...clock, peer: 'clock' },
    { ...clock, peer: 'watch', largest: { W4: 2 } },
    { ...clock, peer: 'matmul clock', works: ['W5'] },
    { ...clock, peer: 'sundial', command: ['no-such-program'] },
  ];
  await writeFile(join(peers, 'peers.json'), JSON.stringify(list));
});
afterAll(() => cli.remove());

const bench = (...args: string[]) => cli.run(['bench', '--work', 'ecg', '--batch', '4', '--rounds', '2', ...args]);

test('peers and our engine are listed in one table; missing peers are named with a remedy', async () => {
  const { code, stdout } = await bench('--seconds', '0.1', '--peers', peers, '--json');
  expect(code).toBe(0);
  const { rows, missing } = JSON.parse(stdout);
  expect(rows.map(({ library }: { library: string }) => library)).toEqual(['Hourglass', 'clock', 'watch']);
  const [own, clock, watch] = rows;
  expect(own).toMatchObject({ work: 'W4', name: 'ecg', size: 4, result: { ratio: 1 } });
  expect(own.engine.dispatches).toBeGreaterThan(0);
  const { milliseconds } = own.result;
  // 6 s are more than four rounds' time: the steps of the first round must suffice.
  expect(clock).toMatchObject({
    version: '7.1',
    result: {
      milliseconds: { median: 2000, low: 1000, high: 6000 },
      steps: 3,
      samplesPerSecond: 2,
      firstStepSeconds: 3,
    },
  });
  expect(clock.result.ratio).toBeCloseTo(2000 / milliseconds.median, 6);
  expect(watch.result).toEqual({ error: 'not tried above 2, to avoid running out of memory' });
  expect(missing).toEqual([{ peer: 'sundial', reason: 'no-such-program was not found', remedy: 'wind it up' }]);
});

test('a profile has one line per kernel, and the shares add up to 1', async () => {
  const { code, stdout } = await bench('--profile', '--json');
  expect(code).toBe(0);
  const [{ kernels }] = JSON.parse(stdout).works;
  const share = kernels.reduce((sum: number, kernel: { share: number }) => sum + kernel.share, 0);
  expect(share).toBeCloseTo(1, 6);
  expect(kernels.map(({ kernel }: { kernel: string }) => kernel)).toContain('adam');
});

test('for an unknown work, the nearest known one is suggested', async () => {
  const { code, stderr } = await cli.run(['bench', '--work', 'fashin']);
  expect(code).toBe(2);
  expect(stderr).toContain("unknown --work 'fashin'. Did you mean 'fashion'?");
});

test.each([
  ['{', /peers\.json is not a list of peers \(.*JSON.*\)/],
  ['[{ "peer": "clock", "command": [], "remedy": "wind it up" }]', /peers\.json is not a list of peers \(0\.command: /],
  ['{}', /peers\.json is not a list of peers \(.*array/],
])('a broken list of peers, %s, is named with a remedy', async (list, mention) => {
  await mkdir(join(cli.home, 'broken'), { recursive: true });
  await writeFile(join(cli.home, 'broken', 'peers.json'), list);
  const { code, stdout, stderr } = await bench('--peers', 'broken');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(mention);
  expect(stderr).toMatch(/Correct it .*--no-peers\.$/m);
});

test('a folder that cannot take the report is reported before anything is measured', async () => {
  await writeFile(join(cli.home, 'taken'), '');
  const { code, stdout, stderr } = await bench('--no-peers', '--report', 'taken/report');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/taken\/report can't be written: .*ENOTDIR\. Choose another folder with --report\.$/m);
});
