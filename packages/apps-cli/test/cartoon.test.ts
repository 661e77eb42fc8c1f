import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@hourglass/nn';
import { numbered, plainPng } from '@hourglass/testing/cartoon-files';
import { needs, REAL_DATA, REPORT_WEIGHTS } from '@hourglass/testing/real-files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said } from './cli.ts';

const WEIGHTS = ['enc_24.h5', 'dec_24.h5'].map((name) => join(REPORT_WEIGHTS, 'cartoon', name));
const DATA = join(REAL_DATA, 'cartoonset');
const { skip, note } = needs("the report's cartoon weights on cartoons", DATA, ...WEIGHTS);

const IMAGES = 40;

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await mkdir(join(cli.home, 'faces'));
  for (let n = 0; n < IMAGES; n++) {
    const { name, png } = numbered(n);
    await writeFile(join(cli.home, 'faces', name), png);
  }
  await writeFile(join(cli.home, 'faces', 'cs7.png'), plainPng([1, 2, 3, 255]).subarray(0, 60));
});
afterAll(() => cli.remove());

const run = (...args: string[]) => cli.run([...args, '--cache-dir', 'cache']);

async function expectRefusal(args: readonly string[], mention: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(mention);
  expect(stderr).not.toMatch(/^ +at /m);
}

describe('training on a folder of images of another size', () => {
  let outcome: Awaited<ReturnType<Cli['run']>>;
  let result: Record<string, unknown>;
  beforeAll(async () => {
    const recipe = ['--size', '64', '--latent', '4', '--epochs', '1', '--batch', '16', '--limit', '20'];
    outcome = await run('train', 'cartoon', '--data', 'faces', '--out', 'run', ...recipe, '--json');
    expect({ code: outcome.code, stderr: outcome.code === 0 ? '' : outcome.stderr }).toEqual({ code: 0, stderr: '' });
    result = JSON.parse(outcome.stdout);
  });

  test('a broken image is named, counted and skipped', async () => {
    expect(said(outcome.stderr).filter((line) => line.includes('cs7.png'))).toEqual([
      expect.stringMatching(/^1 of 41 images .*skipped: cs7\.png is damaged or cut short/),
    ]);
    const { train, test: testing } = result.dataset as Record<string, number>;
    expect(train).toBe(20);
    expect(testing).toBeGreaterThan(0);
    expect(result).toMatchObject({ dataset: { id: 'cartoonset', source: 'files' }, epochs: 1, steps: 2 });
  });

  test('the run contains its pictures and its size', async () => {
    expect((await readdir(join(cli.home, 'run/figures'))).sort()).toEqual([
      'epoch-001.png',
      'grid.png',
      'grid.svg',
      'reconstructions.png',
      'reconstructions.svg',
    ]);
    expect(JSON.parse(await readFile(join(cli.home, 'run/config.json'), 'utf8')).settings.size).toBe(64);
    const path = join(cli.home, 'run/last.safetensors');
    expect([...readSafetensors(await readFile(path), path).tensors.keys()]).toContain('encoder.conv2d_2.kernel');
  });

  test('evaluate finds the size in the weights', async () => {
    const { code, stdout } = await run('evaluate', 'cartoon', '--weights', 'run', '--data', 'faces', '--json');
    expect(code).toBe(0);
    const { mse } = JSON.parse(stdout);
    // float32 sums in another order
    expect(Math.abs(mse / (result.valLoss as number) - 1)).toBeLessThan(1e-5);
  });

  test('a run can only be resumed with its own size and images', async () => {
    const resume = ['train', 'cartoon', '--resume', 'run', '--epochs', '2'];
    await expectRefusal([...resume, '--size', '128'], /--size 128 contradicts the run, which uses 64/);
    await mkdir(join(cli.home, 'others'));
    for (let n = 0; n < IMAGES; n++) {
      const { name } = numbered(n);
      await writeFile(join(cli.home, 'others', name), plainPng([9, 9, 9, 255]));
    }
    await expectRefusal([...resume, '--data', 'others'], /with other content/);
  });
});

describe('bad images', () => {
  const train = ['train', 'cartoon-vae', '--size', '64', '--data'];

  test('a broken one is an error with --strict', () =>
    expectRefusal([...train, 'faces', '--strict'], /cs7\.png is damaged or cut short.*--strict/));

  test('a folder without images is reported', async () => {
    await mkdir(join(cli.home, 'empty'));
    await expectRefusal([...train, 'empty'], /empty and its subfolders contain no PNG files/);
  });

  test('only some sizes are allowed', () =>
    expectRefusal(['train', 'cartoon', '--size', '100'], /64, 128, 256, 512, not 100/));
});

describe.skipIf(skip)(`the report's weights${note}`, () => {
  test('cartoon on 400 cartoons', async () => {
    const weights = WEIGHTS.flatMap((path) => ['--weights', path]);
    const { code, stdout } = await run('evaluate', 'cartoon', ...weights, '--data', DATA, '--split', 'all', '--json');
    expect(code).toBe(0);
    const { mse, ...rest } = JSON.parse(stdout);
    expect(rest).toMatchObject({ split: 'all', samples: 400, dataset: { id: 'cartoonset', source: 'files' } });
    // 0.000566 with other software and another library's triangle filter; other filters give 0.0007 and more
    expect(Math.abs(mse - 0.000566)).toBeLessThanOrEqual(0.00003);
  });

  test('interpolate between full-size images', async () => {
    const [from, to] = [0, 1].map((n) => join('faces', numbered(n).name));
    const ends = ['--from', from!, '--to', to!, '--steps', '2'];
    const weights = WEIGHTS.flatMap((path) => ['--weights', path]);
    const { code, stdout } = await run('interpolate', 'cartoon', ...weights, ...ends, '--json');
    expect(code).toBe(0);
    const { codes } = JSON.parse(stdout);
    expect(codes).toMatchObject([{ length: 200 }, { length: 200 }]);
    expect(codes[0]).not.toEqual(codes[1]);
  });
});
