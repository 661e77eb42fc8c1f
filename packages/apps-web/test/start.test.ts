import { type ImageSplit, proceduralFashion } from '@hourglass/datasets';
import { EXPERIMENTS, fitWeights, TrainedModel } from '@hourglass/experiments';
import { readSafetensors, type StoredTensor } from '@hourglass/nn';
import { openDevice } from '@hourglass/testing/device';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChromium } from './chromium.ts';
import { openPage, PATIENT, type Site, serveSite, untrained } from './site.ts';

/** Two codes, at the corners of the range of the sliders. */
const CODES: readonly [string, StoredTensor][] = [
  ['codes', { shape: [2, 2], data: Float32Array.of(-2, -2, 2, 2) }],
  ['classes', { shape: [2], data: Float32Array.of(0, 1) }],
];

let browser: Browser;
let site: Site;
let url: string;
beforeAll(async () => {
  [browser, site] = await Promise.all([openChromium(), serveSite([{ id: 'fashion', codes: CODES }])]);
  url = site.url;
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

/** The first picture of each stage, from the garment to the drawn one, as comparable text. */
const stages = (page: Page): Promise<string[]> =>
  page
    .locator('.end canvas, .stage-column canvas:first-child')
    .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));

const drawn = (page: Page) => page.getByRole('img', { name: 'The picture drawn from the two numbers' });

/** Waits until everything is computed. */
const ready = (page: Page) => expect.poll(() => page.locator('.hourglass .waiting').count(), PATIENT).toBe(0);

test('every stage follows the garment, and the decoder follows the two numbers as the model decodes them', async () => {
  const { page, faults } = await openPage(browser, `${url}#/start?garment=1`);
  await page.waitForSelector('.hourglass');
  await ready(page);
  const before = await stages(page);
  expect(before).toHaveLength(7); // garment, two stages, three stages, drawn picture
  await page.locator('.garment-list button').nth(2).click();
  await expect.poll(async () => (await stages(page)).filter((stage, i) => stage === before[i]).length, PATIENT).toBe(0);
  await expect.poll(() => page.url(), PATIENT).toContain('garment=2');
  const second = await stages(page);

  await page.evaluate(() => location.assign('#/start?garment=2&z=0.5,-1'));
  const same = async () => (await stages(page)).map((stage, i) => stage === second[i]);
  await expect.poll(same, PATIENT).toEqual([true, true, true, false, false, false, false]);
  const experiment = EXPERIMENTS.get('fashion')!;
  const { tensors } = readSafetensors(untrained(experiment), 'untrained');
  const model = TrainedModel.from(await openDevice(), fitWeights(experiment, [{ name: 'untrained', tensors }]));
  const expected = await model.decode(Float32Array.of(0.5, -1));
  const style = (name: string) =>
    page.evaluate((token) => getComputedStyle(document.documentElement).getPropertyValue(token), name);
  const red = (hex: string): number => Number.parseInt(hex.trim().slice(1, 3), 16);
  const [paper, ink] = [red(await style('--picture-paper')), red(await style('--picture-ink'))];
  const worst = async () => {
    const shown = await drawn(page).evaluate((canvas) =>
      [...(canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, 28, 28).data].filter(
        (_, i) => i % 4 === 0,
      ),
    );
    return Math.max(...shown.map((value, i) => Math.abs(value - (paper + (ink - paper) * expected[i]!))));
  };
  // Half a level for rounding, and a thousandth of the range for the model.
  await expect.poll(worst, PATIENT).toBeLessThan(0.5 + 0.001 * Math.abs(ink - paper) + 1e-6);

  await page.getByRole('button', { name: 'Back to the garment’s own numbers' }).click();
  await expect.poll(async () => (await stages(page)).join(), PATIENT).toBe(second.join());
  expect(faults).toEqual([]);
  await page.close();
});

/** The mean squared error of images, in [0, 1], against their mean. */
function lossOfMean({ pixels, count }: ImageSplit): number {
  const size = pixels.length / count;
  const mean = new Float64Array(size);
  pixels.forEach((value, i) => {
    mean[i % size]! += value / 255 / count;
  });
  return pixels.reduce((sum, value, i) => sum + (value / 255 - mean[i % size]!) ** 2, 0) / pixels.length;
}

test('the lesson trains from noise to a lower loss', async () => {
  const { page, faults } = await openPage(browser, `${url}#/start`);
  await page.getByRole('button', { name: 'Train a small model' }).click();
  await page.waitForSelector('.lesson[data-step="400"]', { timeout: 400_000 });
  const loss = async () =>
    Number(/loss ([\d.]+)/.exec((await page.locator('.loss-line figcaption').textContent())!)![1]);
  const last = await loss();
  await page.getByRole('slider', { name: 'Step of 400' }).fill('1');
  await page.waitForSelector('.lesson[data-step="20"]');
  // Without hosted data, the garments are the stand-in's. Two numbers must do better than the mean of all garments.
  const mean = lossOfMean(proceduralFashion({ train: 1000, test: 0 }).train);
  expect(await loss()).toBeGreaterThan(mean);
  expect(last).toBeLessThan(mean);
  await page.getByText('The garments are the procedural stand-in’s').last().waitFor();
  expect(faults).toEqual([]);
  await page.close();
});
