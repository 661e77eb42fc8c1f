import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageSplit, proceduralFashion } from '@hourglass/datasets';
import { EXPERIMENTS } from '@hourglass/experiments';
import { type StoredTensor, writeSafetensors } from '@hourglass/nn';
import { normalOnHost, sizeOf, uniformOnHost } from '@hourglass/tensor';
import { plainPng } from '@hourglass/testing/cartoon-files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said, writeImages, writeSmallData } from './cli.ts';

// Untrained weights suffice here, and the kernels for few images are created quickly.
let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await writeSmallData(join(cli.home, 'data'));
  const { encoder, decoder } = EXPERIMENTS.get('fashion-vae')!.build({ latent: 2 });
  const tensors = [...encoder.weights, ...decoder.weights].map(
    ({ name, shape, initial }, step): [string, StoredTensor] => {
      const noise = uniformOnHost(sizeOf(shape), { seed: 0, step });
      return [name, { shape, data: noise.map((value) => (initial === 'ones' ? 1 : 0) + 0.1 * (value - 0.5)) }];
    },
  );
  await writeFile(
    join(cli.home, 'vae.safetensors'),
    writeSafetensors(tensors, { 'hourglass.experiment': 'fashion-vae' }),
  );
  await writeFile(join(cli.home, 'light.png'), plainPng([250, 250, 250, 255], 40));
  await writeFile(join(cli.home, 'dark.png'), plainPng([5, 5, 5, 255], 16));
});
afterAll(() => cli.remove());

interface Pictures {
  readonly files: readonly string[];
  readonly codes: readonly (readonly number[])[];
}

async function pictures(args: string): Promise<Pictures & { readonly stderr: string }> {
  const { code, stdout, stderr } = await cli.run([...args.split(' '), '--weights', 'vae.safetensors', '--json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(stdout) as Pictures;
  for (const file of result.files) {
    const bytes = await readFile(file);
    expect(file.endsWith('.svg') ? String(bytes.subarray(0, 4)) : bytes.readUInt32BE(0)).toBe(
      file.endsWith('.svg') ? '<svg' : 0x89504e47,
    );
  }
  return { ...result, stderr };
}
const names = ({ files }: Pictures): string[] => files.map((file) => file.slice(cli.home.length + 1));

test('sample draws codes on the host, the same for the same seed; without --out, the pictures are in figures', async () => {
  const drawn = await pictures('sample fashion-vae --count 3 --seed 5');
  const expected = normalOnHost(6, { seed: 5 });
  expect(drawn.codes.flat()).toEqual([...expected]);
  const base = ['fashion-vae-samples.png', 'fashion-vae-samples.svg'];
  const single = [1, 2, 3].map((i) => `fashion-vae-sample-${i}.png`);
  expect(names(drawn)).toEqual([...base, ...single].map((name) => join('figures', name)));
});

test('interpolate goes from code to code in equal steps, from a test image or a file', async () => {
  const { codes, ...drawn } = await pictures(
    'interpolate fashion-vae --data data --from 0 --to light.png --steps 5 --out way',
  );
  expect(names({ codes, ...drawn })).toEqual(
    ['png', 'svg'].map((ending) => join('way', `fashion-vae-interpolation.${ending}`)),
  );
  expect(codes).toHaveLength(5);
  for (const [i, code] of codes.entries())
    for (const [j, value] of code.entries()) {
      const even = (codes[0]![j]! * (4 - i) + codes[4]![j]! * i) / 4;
      expect(Math.abs(value - even)).toBeLessThan(1e-6 * (1 + Math.abs(even))); // float32
    }
  expect(drawn.stderr).toMatch(/light\.png is inverted/);
});

test('reconstruct takes images of any size; the same image has the same code', async () => {
  const given = await pictures('reconstruct fashion-vae --input dark.png light.png dark.png --out mine');
  expect(names(given)).toHaveLength(2 + 3);
  expect(given.codes[0]).toEqual(given.codes[2]);
  const inverted = said(given.stderr).filter((line) => line.includes('inverted'));
  expect(inverted).toEqual([expect.stringMatching(/^light\.png /)]);
  // 250 of the light image is inverted to 5, that of the dark image, up to float32 rounding.
  for (const [j, value] of given.codes[0]!.entries()) expect(Math.abs(value - given.codes[1]![j]!)).toBeLessThan(1e-5);
});

test('the user’s images in the format of Fashion-MNIST are named by their labels', async () => {
  await pictures('reconstruct fashion-vae --data data --out labels');
  const svg = await readFile(join(cli.home, 'labels', 'fashion-vae-reconstructions.svg'), 'utf8');
  expect(svg).toMatch(/>[0-9]</);
  expect(svg).not.toMatch(/T-shirt|Trouser|Sneaker/);
});

test('a model trained on bright images receives bright ones unchanged, and dark ones inverted', async () => {
  const { train, test: held } = proceduralFashion({ train: 8, test: 4 });
  const negative = ({ pixels, ...split }: ImageSplit) => ({ ...split, pixels: pixels.map((byte) => 255 - byte) });
  await writeImages(join(cli.home, 'bright'), negative(train), negative(held));
  const args = 'train fashion --data bright --epochs 1 --batch 8 --out run'.split(' ');
  const { code, stderr } = await cli.run(args);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const drawn = await cli.run('reconstruct fashion --weights run --input dark.png light.png --out mine'.split(' '));
  expect(said(drawn.stderr)).toEqual([expect.stringMatching(/^dark\.png is inverted: its background is dark/)]);
});

describe('wrong input is reported, and no folder is created', () => {
  test.each([
    ['interpolate fashion-vae --data data --from 0 --to 40', /no test image 40 .*from 0 to 39/],
    ['interpolate fashion-vae --from nowhere.png --to 0 --data data', /nowhere\.png can't be read/],
    ['reconstruct fashion-vae --input vae.safetensors', /vae\.safetensors is not a PNG\. Images must be PNG files/],
    ['latent fashion', /contains weights of fashion-vae, not of fashion/],
  ])('%s', async (args, mention) => {
    const words = [...args.split(' '), '--weights', 'vae.safetensors', '--out', 'none'];
    const { code, stdout, stderr } = await cli.run(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(mention);
    expect(existsSync(join(cli.home, 'none'))).toBe(false);
  });
});
