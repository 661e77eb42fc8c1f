import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EXPERIMENTS, fitWeights, TrainedModel } from '@hourglass/experiments';
import { readSafetensors } from '@hourglass/nn';
import { normalOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { FACES, mixed, shapeOf } from '../../apps-web/src/kit/sheet.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/**
 * Of 255 levels. WebP at quality 80 changes a level by 2.7 in the mean; the pictures of two of the faces differ by 4.7
 * and more: most of a picture is white.
 */
const CLOSE = 4;

test('the faces that the web demo shows first are those that the shipped model draws', async () => {
  const [height, width, channels] = shapeOf(FACES);
  const { data, info } = await sharp(pathOf(`apps-web/static/${FACES.file}`))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.height, info.width, info.channels]).toEqual([height, width, channels]);
  const pixels = Float32Array.from(data, (level) => level / 255);

  const experiment = EXPERIMENTS.get('cartoon-vae')!;
  const file = pathOf('experiments/checkpoints/cartoon-vae/model.safetensors');
  const fitted = fitWeights(experiment, [{ name: file, ...readSafetensors(await readFile(file), file) }]);
  const trained = TrainedModel.from(await openDevice(), fitted);
  const codes = normalOnHost(FACES.columns * FACES.rows * trained.latent, { seed: 0 });
  const last = FACES.columns * FACES.rows - 1;
  for (const face of [0, 7, last]) {
    const drawn = await trained.decode(codes.subarray(face * trained.latent, (face + 1) * trained.latent));
    const shown = mixed(FACES, pixels, Float32Array.of(face % FACES.columns, Math.floor(face / FACES.columns)));
    const difference = shown.reduce((sum, value, i) => sum + Math.abs(value - drawn[i]!), 0) / shown.length;
    expect(255 * difference, `face ${face}`).toBeLessThan(CLOSE);
  }
});
