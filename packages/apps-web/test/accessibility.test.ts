import type { StoredTensor } from '@hourglass/nn';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeDrawing } from '../src/pages/denoise/drawing.ts';
import { violations } from './axe.ts';
import { openChromium } from './chromium.ts';
import { openPage, type Site, serveSite } from './site.ts';

const LATENT = 200;
const DIRECTIONS: [string, StoredTensor][] = [
  ['directions', { shape: [2, LATENT], data: new Float32Array(2 * LATENT).fill(0.1) }],
];

let browser: Browser;
let site: Site;
beforeAll(async () => {
  const cartoons = { id: 'cartoon-vae', size: 64, codes: DIRECTIONS };
  [browser, site] = await Promise.all([
    openChromium(),
    serveSite(['fashion', 'fashion-vae', 'denoise', 'ecg', cartoons]),
  ]);
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

/** Every page, and what is on it once it is complete. */
const PAGES: Readonly<Record<string, string>> = {
  '#/start': '.hourglass .slider input:enabled',
  '#/plane?hide=1,3&seed=0&show=codes': '.legend input:not(:checked)',
  '#/cartoons': '.directions li',
  '#/denoise': '.stage',
  [`#/denoise?draw=${writeDrawing(new Float32Array(784))}`]: '.stage',
  '#/heartbeats': '.beat-list button',
  '#/train?experiment=ecg': '.status[data-phase=paused]',
};

for (const [hash, complete] of Object.entries(PAGES)) {
  test(`axe finds no fault in ${hash}, in both themes`, async () => {
    const { page } = await openPage(browser, site.url + hash);
    await page.locator(complete).first().waitFor({ state: 'attached' });
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Switch to dark colours' }).click();
    await page.getByRole('button', { name: 'Switch to light colours' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });
}

test('axe finds no fault where WebGPU is missing, in both themes', async () => {
  const page = await browser.newPage();
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }));
  await page.goto(site.url);
  await page.getByRole('heading', { name: 'This demo needs WebGPU' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Switch to dark colours' }).click();
  expect(await violations(page)).toEqual([]);
  await page.close();
});
