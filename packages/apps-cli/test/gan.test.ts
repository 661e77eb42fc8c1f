import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { proceduralFashion } from '@hourglass/datasets';
import { normalOnHost } from '@hourglass/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli, said, writeImages } from './cli.ts';

// A GAN from training to its pictures. The numbers are tested in packages/experiments.

const LATENT = 3;

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  const { train, test } = proceduralFashion({ train: 100, test: 100 });
  await writeImages(join(cli.home, 'data'), train, test);
});
afterAll(() => cli.remove());

async function result(args: string): Promise<Readonly<Record<string, unknown>> & { readonly stderr: string }> {
  const { code, stdout, stderr } = await cli.run([...args.split(' '), '--json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { ...JSON.parse(stdout), stderr };
}

test('a GAN trains, resumes, and draws, compares and interpolates its images', async () => {
  const options = `--preset quick --limit 20 --batch 10 --latent ${LATENT} --data data --figures every:1`;
  const first = await result(`train fashion-gan ${options} --epochs 1 --out run`);
  expect(first).toMatchObject({ epochs: 1, steps: 2 });
  for (const name of ['loss', 'valLoss', 'discriminatorLoss', 'valDiscriminatorLoss', 'diversity'])
    expect(first[name]).toBeTypeOf('number');
  // After two steps, all its images are still alike.
  expect(first.stderr).toContain('mode collapse');
  expect(await result('train fashion-gan --resume run --epochs 2')).toMatchObject({ epochs: 2, steps: 4 });
  const [titles] = String(await readFile(join(cli.home, 'run/metrics.csv'))).split('\n');
  expect(titles).toBe('epoch,steps,loss,val_loss,discriminator_loss,val_discriminator_loss,diversity');
  // The last epoch counts as the best.
  const [best, last] = await Promise.all(
    ['best', 'last'].map((name) => readFile(join(cli.home, `run/${name}.safetensors`))),
  );
  expect(best!.equals(last!)).toBe(true);

  const { codes: sampled } = await result('sample fashion-gan --count 3 --seed 5 --weights run');
  const drawn = [...normalOnHost(3 * LATENT, { seed: 5 })];
  expect((sampled as number[][]).flat()).toEqual(drawn);
  const { codes: path } = await result('interpolate fashion-gan --from 0 --to 2 --steps 2 --seed 5 --weights run');
  expect((path as number[][]).flat()).toEqual([...drawn.slice(0, LATENT), ...drawn.slice(2 * LATENT)]);

  const evaluated = await result('evaluate fashion-gan --samples 100 --data data --weights run');
  for (const name of ['frechetDistance', 'realFrechetDistance', 'precision', 'recall'])
    expect(evaluated[name]).toBeTypeOf('number');
  expect(evaluated.frechetDistance).toBeGreaterThan(evaluated.realFrechetDistance as number);
});

test('a VAE-GAN trains, encodes, reconstructs, and is exported', async () => {
  const options = `--preset quick --limit 20 --batch 10 --epochs 1 --latent ${LATENT} --data data`;
  await result(`train fashion-vae-gan ${options} --out both`);
  const [titles] = String(await readFile(join(cli.home, 'both/metrics.csv'))).split('\n');
  expect(titles).toBe(
    'epoch,steps,loss,val_loss,reconstruction_loss,kl_loss,val_reconstruction_loss,val_kl_loss,adversarial_loss,val_adversarial_loss,discriminator_loss,val_discriminator_loss,diversity',
  );
  expect(String(await readFile(join(cli.home, 'both/README.md')))).toContain('(encoder + decoder + discriminator)');
  const weights = '--weights both';
  const { codes: path } = await result(`interpolate fashion-vae-gan --from 0 --to 2 --steps 2 --data data ${weights}`);
  const { codes } = await result(`latent fashion-vae-gan --data data ${weights}`);
  expect(path).toEqual([(codes as number[][])[0], (codes as number[][])[2]]);
  await result(`reconstruct fashion-vae-gan --data data ${weights}`);
  await result(`export fashion-vae-gan --to keras --out exported ${weights}`);
  const evaluated = await result(`evaluate fashion-vae-gan --samples 100 --data data ${weights}`);
  // The exported models have no discriminator, which only training needs.
  const again = await result(
    `evaluate fashion-vae-gan --samples 100 --data data --weights exported/encoder.keras --weights exported/decoder.keras`,
  );
  expect({ ...again, weights: evaluated.weights }).toEqual(evaluated);
});

test('a GAN of faces trains, and draws its images', async () => {
  const trained = await result(
    'train cartoon-gan --preset quick --limit 20 --batch 10 --epochs 1 --latent 3 --out faces',
  );
  expect(trained).toMatchObject({ epochs: 1, steps: 2 });
  const { codes } = await result('sample cartoon-gan --count 3 --seed 5 --weights faces');
  expect((codes as number[][]).flat()).toEqual([...normalOnHost(3 * LATENT, { seed: 5 })]);
});

test.each([
  ['train cartoon-gan --size 256', '--size must be one of 64, 128, not 256.'],
  ['reconstruct fashion-gan', 'reconstruct needs an encoder; fashion-gan is a generative adversarial network'],
  ['latent fashion-gan', 'latent needs an encoder'],
  ['encode fashion-gan --out codes.csv', 'encode needs an encoder'],
  ['export fashion-gan --to onnx --out exported', 'export needs an encoder'],
  ['interpolate fashion-gan --from a.png --to 1', 'fashion-gan has no encoder, so a picture has no code.'],
  ['interpolate fashion-gan --from 0 --to 1000', 'numbered from 0 to 999, so there is no code 1000'],
  [
    'evaluate fashion --samples 100',
    '--samples is for models that generate Fashion-MNIST: fashion-vae, fashion-gan, fashion-vae-gan.',
  ],
  ['train fashion-gan --loss mae', '--loss is a reconstruction loss; fashion-gan reconstructs nothing.'],
  ['train fashion-gan --patience 2', '--patience waits for a lower loss; the losses of fashion-gan'],
])('%s is refused', async (args, message) => {
  const { code, stderr } = await cli.run(args.split(' '));
  expect(code).toBe(2);
  expect(said(stderr).at(-1)).toContain(message);
});
