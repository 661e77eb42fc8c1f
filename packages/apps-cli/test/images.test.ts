import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSafetensors } from '@hourglass/nn';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said } from './cli.ts';

/** Images of each class. */
const COUNT = 40;
const TINY = ['--size', '16', '--latent', '3', '--width', '4', '--batch', '16'];

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  for (let n = 0; n < COUNT; n++) {
    await save(`photos/sky/${n}.jpg`, await drawn(n, '#4080ff').jpeg().toBuffer());
    await save(`photos/wood/${n}.webp`, await drawn(n, '#a06020').webp().toBuffer());
  }
  await save('photos/wood/broken.png', new Uint8Array(50));
  await save('photos/wood/copy.png', await drawn(3, '#a06020').png().toBuffer());
  await save('photos/wood/copy-of-it.png', await drawn(3, '#a06020').png().toBuffer());
});
afterAll(() => cli.remove());

async function save(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(cli.home, path)), { recursive: true });
  await writeFile(join(cli.home, path), bytes);
}

/** A ring of its own on a coloured ground. */
const drawn = (n: number, ground: string): Sharp =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="30" height="24"><rect width="30" height="24" fill="${ground}"/><circle cx="${8 + (n % 7) * 2}" cy="${7 + (n % 5) * 2}" r="${3 + (n % 4)}" fill="none" stroke="#fff" stroke-width="2"/></svg>`,
    ),
  );

const run = (...args: string[]) => cli.run([...args, '--cache-dir', 'cache']);

async function done(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

async function expectRefusal(args: readonly string[], mention: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(mention);
  expect(said(stderr).filter((line) => line.startsWith('hourglass: '))).toHaveLength(1);
  expect(stderr).not.toMatch(/^ +at /m);
}

const files = (folder: string) => readdir(join(cli.home, folder)).then((names) => names.sort());

describe('images', () => {
  let stderr: string;
  let trained: Record<string, unknown>;
  beforeAll(async () => {
    const outcome = await run(
      'train',
      'images',
      '--data',
      'photos',
      '--out',
      'run',
      ...TINY,
      '--epochs',
      '1',
      '--json',
    );
    expect({ code: outcome.code, stderr: outcome.code === 0 ? '' : outcome.stderr }).toEqual({ code: 0, stderr: '' });
    stderr = outcome.stderr;
    trained = JSON.parse(outcome.stdout);
  });

  test('train says what was found, chosen and made', async () => {
    expect(stderr).toMatch(/1 of 83 images in .*photos can't be read and are skipped: wood\/broken\.png is damaged/);
    expect(stderr).toMatch(/are copies, on the same side.*copy\.png is a copy of wood\/copy-of-it\.png/);
    expect(stderr).toMatch(/The model has 1 stage of convolutions, codes of 3 numbers, [\d,]+ parameters/);
    expect(stderr).toMatch(/training images, \d+ test images, 16x16 pixels\n {2}input {4}images in colour\n/);
    const { train, test: held } = trained.dataset as Record<'train' | 'test', number>;
    expect(trained).toMatchObject({ experiment: 'images', dataset: { id: 'images', source: 'files' }, epochs: 1 });
    expect(train + held).toBe(82);
    expect(await files('run/figures')).toEqual([
      'epoch-001.png',
      'latent.png',
      'latent.svg',
      'manifold.png',
      'manifold.svg',
      'reconstructions.png',
      'reconstructions.svg',
    ]);
    const card = await readFile(join(cli.home, 'run/README.md'), 'utf8');
    expect(card).toMatch(/`train images --data photos --size 16 --width 4 .*--epochs 1/);
    const svg = await readFile(join(cli.home, 'run/figures/latent.svg'), 'utf8');
    for (const words of ['sky', 'wood', 'first principal direction']) expect(svg).toContain(words);
    const { metadata } = readSafetensors(await readFile(join(cli.home, 'run/best.safetensors')), 'best');
    expect(JSON.parse(metadata['hourglass.images']!)).toEqual({
      ...{ size: 16, channels: 3, fit: 'cover', background: '#ffffff', latent: 3, width: 4, classes: ['sky', 'wood'] },
    });
  });

  test('evaluate measures what was held back, and each class', async () => {
    const { mse, classes, samples } = (await done('evaluate', 'images', '--weights', 'run')) as {
      mse: number;
      samples: number;
      classes: { name: string; samples: number; mse: number }[];
    };
    expect(Math.abs(mse / (trained.valLoss as number) - 1)).toBeLessThan(1e-5); // float32 sums in another order
    expect(classes.map(({ name }) => name)).toEqual(['sky', 'wood']);
    expect(classes.reduce((sum, own) => sum + own.samples, 0)).toBe(samples);
    const { stdout } = await run('evaluate', 'images', '--weights', 'run');
    expect(stdout).toMatch(/^class +images +mse$/m);
    // others are judged as a whole
    expect(await done('evaluate', 'images', '--weights', 'run/best.safetensors', '--data', 'photos/sky')).toMatchObject(
      {
        samples: COUNT,
        split: 'all',
      },
    );
  });

  test('reconstruct, interpolate and latent draw any of them', async () => {
    const weights = ['--weights', 'run', '--out', 'figures'];
    const { codes, files: written } = (await done(
      ...['reconstruct', 'images', ...weights, '--input', 'photos/sky/1.jpg', 'photos/wood/2.webp'],
    )) as { codes: number[][]; files: string[] };
    expect(codes.map(({ length }) => length)).toEqual([3, 3]);
    expect(written).toHaveLength(4);
    await done('reconstruct', 'images', ...weights);
    await done('interpolate', 'images', ...weights, '--from', '0', '--to', 'photos/sky/1.jpg');
    const plane = (await done('latent', 'images', ...weights)) as { codes: number[][] };
    expect(plane.codes).toHaveLength((trained.dataset as { test: number }).test);
    expect(await files('figures')).toEqual(
      expect.arrayContaining([
        'images-interpolation.png',
        'images-latent.png',
        'images-manifold.png',
        'images-reconstructions.png',
      ]),
    );
  });

  test('encode writes the same codes in any kind of file', async () => {
    const encode = ['encode', 'images', '--weights', 'run', '--out'];
    expect(await done(...encode, 'codes/all.csv')).toMatchObject({ samples: 82, latent: 3 });
    const lines = (await readFile(join(cli.home, 'codes/all.csv'), 'utf8')).trimEnd().split('\n');
    expect(lines[0]).toBe('name,class,split,z1,z2,z3');
    expect(
      lines
        .slice(1)
        .map((line) => line.split(',')[0])
        .slice(0, 3),
    ).toEqual(['sky/0.jpg', 'sky/1.jpg', 'sky/2.jpg']);
    const numbers = lines.slice(1).map((line) => line.split(',').slice(3).map(Number));
    await done(...encode, 'codes/all.npy');
    const npy = await readFile(join(cli.home, 'codes/all.npy'));
    expect(npy.toString('latin1', 10, 80)).toContain("'shape': (82, 3)");
    const stored = Array.from({ length: 82 * 3 }, (_, i) => npy.readFloatLE(npy.length - 4 * 82 * 3 + 4 * i));
    expect(numbers.flat().map(Math.fround)).toEqual(stored);
    await done(...encode, 'codes/all.parquet');
    expect((await readFile(join(cli.home, 'codes/all.parquet'))).toString('latin1', 0, 4)).toBe('PAR1');
    for (const i of [2, 0, 1]) await done(...encode, 'codes/all.csv', '--shard', `${i}/3`);
    const shards = await Promise.all(
      [0, 1, 2].map((i) => readFile(join(cli.home, `codes/all-0000${i}-of-00003.csv`), 'utf8')),
    );
    expect(shards.join('').trimEnd().split('\n')).toEqual(lines);
    expect(await done(...encode, 'codes/two.csv', '--input', 'photos/sky/1.jpg')).toMatchObject({ samples: 1 });
    const [, own] = (await readFile(join(cli.home, 'codes/two.csv'), 'utf8')).split('\n');
    // one image at a time is computed by other kernels than many
    own!
      .split(',')
      .slice(3)
      .forEach((z, i) => {
        expect(Math.abs(Number(z) - numbers[1]![i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(numbers[1]![i]!)));
      });
    await expectRefusal([...encode, 'codes/all.txt'], /codes are written as \.csv, \.npy, \.parquet/);
  });

  test('a run goes on with its own settings and images only', async () => {
    const resume = ['train', 'images', '--resume', 'run', '--epochs', '2'];
    await expectRefusal([...resume, '--width', '8'], /--width 8 contradicts the run, which uses 4/);
    await expectRefusal([...resume, '--size', '24'], /--size 24 contradicts the run, which uses 16/);
    await expectRefusal([...resume, '--data', 'photos/sky'], /with other content/);
    expect(await done(...resume)).toMatchObject({ epochs: 2 });
  });
});

test('images-vae draws new ones, images-denoise takes noise away', async () => {
  for (const id of ['images-vae', 'images-denoise'])
    await done(
      'train',
      id,
      '--data',
      'photos',
      '--out',
      id,
      ...TINY,
      '--epochs',
      '1',
      '--channels',
      '1',
      '--figures',
      'last',
    );
  expect(await files('images-denoise/figures')).toContain('noise.png');
  expect(await done('evaluate', 'images-vae', '--weights', 'images-vae')).toHaveProperty('klLoss');
  const { mse, noisyMse } = await done('evaluate', 'images-denoise', '--weights', 'images-denoise');
  expect(mse).not.toBe(noisyMse);
  expect(await done('sample', 'images-vae', '--weights', 'images-vae', '--count', '3', '--out', 'new')).toMatchObject({
    codes: [{ length: 3 }, { length: 3 }, { length: 3 }],
  });
  expect((await sharp(join(cli.home, 'new/images-vae-sample-1.png')).metadata()).width).toBe(16);
  await done('reconstruct', 'images-denoise', '--weights', 'images-denoise', '--out', 'new');
  await expectRefusal(
    ['evaluate', 'images', '--weights', 'images-vae'],
    /contains weights of images-vae, not of images/,
  );
});

describe('what can’t be', () => {
  const train = ['train', 'images', '--data', 'photos'];

  test.each([
    [[...train, '--size', '20'], /--size must be a multiple of 8 from 16 to 512, not 20/],
    [[...train, '--size', '520'], /from 16 to 512, not 520/],
    [[...train, '--fit', 'crop'], /--fit.*'crop'.*cover/],
    [[...train, '--channels', '2'], /--channels must be 1 or 3, not '2'/],
    [
      [...train, '--background', 'mauve'],
      /--background must be white, black, gray or a colour such as #ffcc00, not 'mauve'/,
    ],
    [[...train, '--validation', '0'], /--validation must be above 0/],
    [[...train, '--window', '20'], /--window is only for series, not for images/],
    [['train', 'fashion', '--fit', 'cover'], /--fit is only for images, not for fashion/],
    [['train', 'series', '--data', 'a.csv', '--channels', '1'], /--channels is only for images, not for series/],
    [['train', 'images'], /images trains on your own images: give a folder or an archive with --data/],
    [['train', 'image', '--data', 'photos'], /unknown experiment 'image'. Did you mean 'images'\?/],
    [['sample', 'images', '--weights', 'run'], /for your own images, images-vae;/],
    [['evaluate', 'images'], /No model of your own images ships/],
    [[...train, '--strict'], /broken\.png is damaged.*--strict/],
    [['train', 'images', '--data', 'nowhere'], /There is no .*nowhere/],
  ] as const)('%j', async (args, mention) => {
    await expectRefusal(args, mention);
    expect(await stat(join(cli.home, 'runs')).catch(() => undefined)).toBeUndefined();
  });

  test('an image that announces more than it is, or is cut short', async () => {
    const bomb = await drawn(1, '#fff').png().toBuffer();
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    await save('bombs/bomb.png', bomb);
    await save('bombs/cut.jpg', (await drawn(1, '#f00').resize(300).jpeg().toBuffer()).subarray(0, 1500));
    await expectRefusal(
      ['train', 'images', '--data', 'bombs'],
      /contains no image that can be read: bomb\.png .*; cut\.jpg is damaged/,
    );
  });
});
