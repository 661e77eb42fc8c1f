import { EXPERIMENTS, fitWeights, TrainedModel } from '@hourglass/experiments';
import { readSafetensors, type StoredTensor } from '@hourglass/nn';
import { normalOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FACES } from '../src/kit/sheet.ts';
import { openChromium } from './chromium.ts';
import { openPage, PATIENT, type Site, serveSite, untrained } from './site.ts';

const SIZE = 64;
const LATENT = 200;
/** Two orthogonal directions. */
const directions = new Float32Array(2 * LATENT);
directions.fill(0.3, 0, 100);
directions.fill(0.2, LATENT + 100, 2 * LATENT);

let browser: Browser;
let site: Site;
let url: string;
beforeAll(async () => {
  const codes = [['directions', { shape: [2, LATENT], data: directions }]] satisfies [string, StoredTensor][];
  [browser, site] = await Promise.all([openChromium(), serveSite([{ id: 'cartoon-vae', size: SIZE, codes }])]);
  url = site.url;
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

/** Red, green and blue of canvases, from 0 to 255. */
const coloursOf = (canvases: Locator, size: number): Promise<number[]> =>
  canvases.evaluateAll(
    (all, side) =>
      all.flatMap((canvas) => {
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, side, side);
        return [...data].filter((_, i) => i % 4 < 3);
      }),
    size,
  );

/** The greatest difference from samples in [0, 1], beyond the half level lost by rounding to bytes. */
const difference = (shown: readonly number[], expected: Float32Array): number => {
  expect(shown).toHaveLength(expected.length);
  const levels = shown.reduce((worst, value, i) => Math.max(worst, Math.abs(value - 255 * expected[i]!)), 0);
  return (levels - 0.5) / 255;
};

test('the first faces are there before the model is', async () => {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENT.timeout);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.context().route('**/models/cartoon-vae/**', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${url}#/cartoons`);
  const faces = page.locator('.faces canvas:not(.waiting)');
  await faces.nth(24).waitFor();
  await page.getByText('Loading the model cartoon-vae').waitFor();
  const [side] = FACES.shape;
  const first = await coloursOf(faces, side);
  expect(new Set(first).size).toBeGreaterThan(100);
  // Picked before the model is there
  await faces.nth(3).click();
  release();
  // This site's model draws smaller ones.
  await expect.poll(() => faces.first().getAttribute('width'), PATIENT).toBe(String(SIZE));
  expect(new URL(page.url()).hash).toContain('a=3');
  await page.close();
});

test('a seed gives the same faces as the command line; sliders steer a face along the stored directions', async () => {
  const seed = 5;
  const face = 7;
  const experiment = EXPERIMENTS.get('cartoon-vae')!;
  const { tensors } = readSafetensors(untrained(experiment, SIZE), 'untrained');
  const model = TrainedModel.from(await openDevice(), fitWeights(experiment, [{ name: 'untrained', tensors }]));
  const codes = normalOnHost(25 * LATENT, { seed });
  const steered = codes
    .slice(face * LATENT, (face + 1) * LATENT)
    .map((value, e) => (e < 100 ? value + 1.5 * 0.3 : value));
  // In one call, as each number of codes compiles new kernels.
  const expected = await model.decode(Float32Array.of(...codes, ...steered));
  const faceSize = SIZE * SIZE * 3;

  const { page, faults } = await openPage(browser, `${url}#/cartoons?seed=${seed}&a=${face}`);
  const faces = page.locator('.faces canvas');
  await faces.nth(24).waitFor();
  const shown = async (canvases: Locator, wanted: Float32Array) => difference(await coloursOf(canvases, SIZE), wanted);
  await expect.poll(() => shown(faces, expected.subarray(0, 25 * faceSize)), PATIENT).toBeLessThan(1e-3);

  const picked = page.locator('.steer > canvas');
  const own = expected.subarray(face * faceSize, (face + 1) * faceSize);
  const slider = page.getByRole('slider', { name: 'Direction 1' });
  await slider.waitFor();
  await expect.poll(() => shown(picked, own), PATIENT).toBeLessThan(1e-3);
  await slider.fill('1.5');
  await expect.poll(() => shown(picked, expected.subarray(25 * faceSize)), PATIENT).toBeLessThan(1e-3);
  expect(await shown(picked, own)).toBeGreaterThan(0.01);
  await expect.poll(() => page.url(), PATIENT).toMatch(/ways=1\.5/);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as PNG' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('cartoon-5-8.png');
  await page.getByRole('button', { name: 'Back to the start' }).click();
  await expect.poll(() => shown(picked, own), PATIENT).toBeLessThan(1e-3);
  expect(faults).toEqual([]);
  await page.close();
});
