import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeCheckpoint } from '@hourglass/nn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli, type Outcome, said, writeSmallData } from './cli.ts';

const STEPS = 64; // 2 epochs of 128 samples in batches of 4
const SETTINGS = ['--data', 'data', '--epochs', '2', '--batch', '4', '--figures', 'every:1'];

let cli: Cli;
let whole: Outcome;
beforeAll(async () => {
  cli = await bundleCli();
  await writeSmallData(join(cli.home, 'data'));
  await writeSmallData(join(cli.home, 'other'), 1);
  whole = await cli.run(['train', 'fashion', ...SETTINGS, '--out', 'whole', '--keep-epochs', '--json']);
});
afterAll(() => cli.remove());

const file = (...parts: string[]): string => join(cli.home, ...parts);
const checkpoint = async (...parts: string[]) =>
  decodeCheckpoint(await readFile(file(...parts)), parts.join('/')).snapshot;

/** The cells of metrics.csv. */
const losses = async (run: string): Promise<string[][]> =>
  (await readFile(file(run, 'metrics.csv'), 'utf8')).split('\n').map((line) => line.split(','));

test('the result is one JSON object, and stdout contains nothing else', () => {
  expect(whole.code).toBe(0);
  expect(whole.stdout).toMatch(/^[^\n]+\n$/);
  const number = expect.any(Number) as number;
  const result = JSON.parse(whole.stdout) as Record<string, unknown>;
  expect(result).toEqual({
    experiment: 'fashion',
    run: file('whole'),
    hasFigures: true,
    adapter: expect.any(String),
    dataset: { id: 'fashion-mnist', source: 'files', train: 128, test: 40 },
    epochs: 2,
    steps: STEPS,
    loss: number,
    valLoss: number,
    seconds: number,
    samplesPerSecond: number,
    firstStepSeconds: number,
  });
  expect(isAbsolute(result.run as string)).toBe(true);
  for (const key of ['loss', 'valLoss', 'seconds', 'samplesPerSecond', 'firstStepSeconds'])
    expect(result[key]).toBeGreaterThan(0);
});

test('the run folder contains what is promised, and no temporary files', async () => {
  expect((await readdir(file('whole'))).sort()).toEqual(
    [
      'README.md',
      'best.safetensors',
      'config.json',
      'epochs',
      'figures',
      'last.safetensors',
      'metrics.csv',
      'summary.txt',
      'timing.csv',
    ].sort(),
  );
  expect(await readdir(file('whole', 'epochs'))).toEqual(['epoch-001.safetensors', 'epoch-002.safetensors']);
  const epochs = ['epoch-001.png', 'epoch-002.png'];
  const final = ['latent', 'losses', 'manifold', 'reconstructions'];
  const figures = await readdir(file('whole', 'figures'));
  expect(figures.sort()).toEqual([...epochs, ...final.flatMap((name) => [`${name}.png`, `${name}.svg`])].sort());
  for (const figure of figures.filter((name) => name.endsWith('.png'))) {
    const png = await readFile(file('whole', 'figures', figure));
    expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    // Five images of 28 pixels, four times as large, with two PNG pixels each, take 1120 pixels; charts are no
    // narrower.
    expect(png.readUInt32BE(16)).toBeGreaterThan(1120);
    if (/epoch|reconstructions/.test(figure)) expect(png.readUInt32BE(20)).toBeGreaterThan(1120);
  }
});

test('metrics.csv has one row per epoch; the last is the result, and the best checkpoint has the smallest loss', async () => {
  const rows = (await readFile(file('whole', 'metrics.csv'), 'utf8')).trim().split('\n');
  const { loss, valLoss, seconds, samplesPerSecond } = JSON.parse(whole.stdout) as Record<string, number>;
  expect(rows[0]).toBe('epoch,steps,loss,val_loss');
  expect(rows[1]).toMatch(/^1,32,/);
  expect(rows.slice(2)).toEqual([[2, STEPS, loss, valLoss].join()]);
  const times = (await readFile(file('whole', 'timing.csv'), 'utf8')).trim().split('\n');
  expect(times[0]).toBe('epoch,seconds,samples_per_second');
  expect(times.slice(2)).toEqual([[2, seconds, samplesPerSecond].join()]);
  const best = Number(rows[1]!.split(',')[3]) <= valLoss! ? 1 : 2;
  expect((await checkpoint('whole', 'best.safetensors')).state.epoch).toBe(best);
});

test('summary.txt has the report’s numbers of parameters', async () => {
  const summary = await readFile(file('whole', 'summary.txt'), 'utf8');
  expect(summary).toMatch(/Total params: 25,474[\s\S]*Total params: 65,473/);
});

test('a second run with the same seed gives the same files, except for the times', async () => {
  const again = await cli.run(['train', 'fashion', ...SETTINGS, '--out', 'again', '--keep-epochs', '--json']);
  expect(again.code).toBe(0);
  const all = async (run: string): Promise<string[]> =>
    (await readdir(file(run), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== 'timing.csv')
      .map((entry) => relative(file(run), join(entry.parentPath, entry.name)))
      .sort();
  const names = await all('whole');
  expect(await all('again')).toEqual(names);
  for (const name of names)
    expect((await readFile(file('again', name))).equals(await readFile(file('whole', name))), name).toBe(true);
});

test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGHUP'] as const)(
  'a run interrupted by %s in the middle of an epoch and resumed ends with the same bits',
  async (interruptBy) => {
    await rm(file('parts'), { recursive: true, force: true });
    const args = ['train', 'fashion', ...SETTINGS, '--out', 'parts', '--json'];
    const stopped = await cli.run(args, { interruptAt: 'The kernels are ready.', interruptBy });
    expect(stopped).toMatchObject({ code: 130, stdout: '' });
    expect(said(stopped.stderr).at(-1)).toMatch(
      /^hourglass: interrupted after step \d+; the run is saved\..*--resume parts$/,
    );
    const { state } = await checkpoint('parts', 'last.safetensors');
    expect(state.position % 32).toBeGreaterThan(0);

    const resumed = await cli.run(['train', 'fashion', '--resume', 'parts', '--json']);
    expect(resumed.code).toBe(0);
    const clock = { run: '', seconds: 0, samplesPerSecond: 0, firstStepSeconds: 0 };
    expect({ ...JSON.parse(resumed.stdout), ...clock }).toEqual({ ...JSON.parse(whole.stdout), ...clock });
    const [one, two] = [await checkpoint('whole', 'last.safetensors'), await checkpoint('parts', 'last.safetensors')];
    expect([...two.tensors.keys()]).toEqual([...one.tensors.keys()]);
    for (const [name, { data }] of one.tensors) expect(two.tensors.get(name)!.data, name).toEqual(data);
    expect(two.state).toMatchObject({ step: STEPS, epoch: 2, position: 0, totals: one.state.totals });
    expect(await losses('parts')).toEqual(await losses('whole'));
  },
);

test('a resumed run uses its own data and settings, and refuses others', async () => {
  const resume = (...args: string[]) => cli.run(['train', 'fashion', '--resume', 'whole', ...args]);
  for (const [args, mention] of [
    [['--batch', '8'], /--batch 8 contradicts the run, which uses 4/],
    [['--seed', '5'], /--seed 5 .*uses 0/],
    [['--epochs', '1'], /--epochs 1 is less than the 2 epochs/],
    [['--data', 'other'], /started with fashion-mnist \(files, 128 \+ 40 samples\)/],
  ] as const) {
    const { code, stdout, stderr } = await resume(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(mention);
  }
});

test('for a run whose data have moved, the origin of the path is named; with the new path, it can be resumed', async () => {
  await writeSmallData(file('moving'));
  const args = ['train', 'fashion', '--data', 'moving', '--epochs', '1', '--limit', '8', '--out', 'moved'];
  expect((await cli.run(args)).code).toBe(0);
  await rename(file('moving'), file('elsewhere'));
  const gone = await cli.run(['train', 'fashion', '--resume', 'moved']);
  expect(gone).toMatchObject({ code: 2, stdout: '' });
  expect(gone.stderr).toMatch(/no folder .*moving\. This path comes from the run, .* in moving\..*--data\.\n/);
  expect((await cli.run(['train', 'fashion', '--resume', 'moved', '--data', 'elsewhere'])).code).toBe(0);
});

test('resuming a completed run reports that it is complete', async () => {
  const { code, stdout, stderr } = await cli.run(['train', 'fashion', '--resume', 'whole', '--json']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/already completed its 2 epochs/);
  expect(JSON.parse(stdout)).toEqual({ ...JSON.parse(whole.stdout), firstStepSeconds: null });
});

test('--epochs continues a run; paths are relative to the user’s current folder', async () => {
  await cp(file('whole'), file('sub', 'further'), { recursive: true });
  const env = { INIT_CWD: file('sub') }; // as npm and pnpm set it
  const args = ['train', 'fashion', '--resume', 'further', '--epochs', '3', '--data', '../data', '--quiet'];
  const { code, stdout, stderr } = await cli.run(args, { env });
  expect(code).toBe(0);
  expect(said(stderr)).toEqual([]);
  expect(stdout).toMatch(/^fashion: 3 epochs, 96 steps.*\n.*val_loss.*40 test samples.*\nrun folder further, /);
  const rows = await losses('sub/further');
  expect(rows.slice(0, 3)).toEqual((await losses('whole')).slice(0, 3));
  expect(rows[3]!.slice(0, 2)).toEqual(['3', '96']);
});

test('for the stand-in, no time is given for the whole recipe', async () => {
  const offline = file('offline.mjs');
  const failure = "new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) })";
  await writeFile(offline, `globalThis.fetch = async () => { throw ${failure}; };\n`);
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(offline)}` };
  const args = ['train', 'ecg', '--batch', '1', '--epochs', '50', '--cache-dir', 'cache', '--out', 'drawn'];
  const { code, stderr } = await cli.run(args, { env, interruptAt: 'About ' });
  expect(code).toBe(130);
  expect(stderr).toMatch(/^About .* for the \d+ epochs( left)?\.$/m);
  expect(stderr).not.toMatch(/whole recipe/);
});
