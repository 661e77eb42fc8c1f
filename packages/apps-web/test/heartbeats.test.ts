import type { StoredTensor } from '@hourglass/nn';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChromium } from './chromium.ts';
import { openPage, PATIENT, type Site, serveSite } from './site.ts';

/** Four normal beats and four abnormal ones, few enough to count by hand. */
const ERRORS = [0.01, 0.02, 0.03, 0.06, 0.02, 0.05, 0.07, 0.11];
const CLASSES = [1, 1, 1, 1, 0, 0, 0, 0];
const CODES: readonly [string, StoredTensor][] = [
  ['errors', { shape: [8], data: Float32Array.from(ERRORS) }],
  ['classes', { shape: [8], data: Float32Array.from(CLASSES) }],
];

let browser: Browser;
let site: Site;
let url: string;
beforeAll(async () => {
  [browser, site] = await Promise.all([openChromium(), serveSite([{ id: 'ecg', codes: CODES }])]);
  url = site.url;
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

/** Counts judged normal and abnormal: of the normal beats, then of the abnormal ones. */
const matrix = (page: Page): Promise<number[]> =>
  page.locator('.confusion b').evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
/** Accuracy, precision, recall, AUROC. */
const measures = (page: Page): Promise<string[]> =>
  page.locator('.measures b').evaluateAll((numbers) => numbers.map((number) => number.textContent!));

test('the threshold, moved by key and by pointer, changes the confusion matrix and its measures', async () => {
  const { page, faults } = await openPage(browser, `${url}#/heartbeats?threshold=0.04`);
  const threshold = page.getByRole('slider', { name: 'Threshold' });
  await threshold.waitFor();
  // Normal: 0.06 is a false alarm. Abnormal: 0.02 is missed. Of the 16 pairs, the abnormal error is the greater one in
  // 1.5 (0.02) + 3 (0.05) + 4 + 4, ties counting half.
  expect(await matrix(page)).toEqual([3, 1, 1, 3]);
  expect(await measures(page)).toEqual(['0.750', '0.750', '0.750', '0.781']);

  await threshold.focus();
  await page.keyboard.press('Home'); // to the least error, 0.01
  await expect.poll(() => matrix(page), PATIENT).toEqual([1, 3, 0, 4]);
  expect(await measures(page)).toEqual(['0.625', '1.000', '0.250', '0.781']);
  await page.keyboard.press('End'); // to the greatest, 0.11
  await expect.poll(() => matrix(page), PATIENT).toEqual([4, 0, 4, 0]);
  expect(await measures(page)).toEqual(['0.500', '0.500', '1.000', '0.781']);

  // From 0.11, at the right end of the histograms, to 0.065: 45 of the 100 thousandths between them.
  const { x, y, width, height } = (await page.locator('.histograms .base').boundingBox())!;
  await page.mouse.move(x + width - 1, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.55, y, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => matrix(page), PATIENT).toEqual([4, 0, 2, 2]);
  expect(await measures(page)).toEqual(['0.750', '0.667', '1.000', '0.781']);
  await expect.poll(() => page.url(), PATIENT).toMatch(/threshold=0\.06[4-6]/);

  // The report's rule: mean 0.03 and deviation √0.00035 of the normal errors, since no threshold was stored.
  await page.getByRole('button', { name: 'The report’s rule' }).click();
  await expect.poll(() => threshold.getAttribute('aria-valuetext'), PATIENT).toBe('0.0487');
  expect(faults).toEqual([]);
  await page.close();
});

test('a bar shows its beats; without a dataset it shows the stand-in’s, and says so', async () => {
  const { page, faults } = await openPage(browser, `${url}#/heartbeats`);
  await page.getByText('procedural stand-in').first().waitFor();
  // An untrained model's errors exceed all shipped errors, so they fall into the last bin.
  await page.getByRole('button', { name: /^1 abnormal beat with errors from 0\.1080 to 0\.1100/ }).click();
  await page.getByRole('heading', { name: /^\d+ abnormal beats with errors from 0\.1080 to 0\.1100/ }).waitFor();
  const caption = page.locator('figcaption', { hasText: 'judged abnormal, correctly' });
  const first = await caption.textContent();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect.poll(() => caption.textContent(), PATIENT).not.toBe(first);
  await page.keyboard.press('Shift+Tab');
  await page.locator('[data-bar="abnormal-49"]').focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByText('none of the procedural stand-in’s beats falls into this bar').waitFor();
  await expect.poll(() => page.url(), PATIENT).toMatch(/bar=abnormal-30/); // of 0.07
  expect(faults).toEqual([]);
  await page.close();
});

test('beats are scaled by the range that the model stores, and judged by its stored threshold', async () => {
  // Relative to this range all beats are equal, so their errors are equal too.
  const calibration = { minimum: -1e5, maximum: 1e5, threshold: 0.05 };
  const calibrated = await serveSite([{ id: 'ecg', codes: CODES, calibration }]);
  const { page, faults } = await openPage(browser, `${calibrated.url}#/heartbeats`);
  const beats = page.locator('.beat-list .beat-error');
  await beats.first().waitFor();
  const errors = await beats.evaluateAll((all) => all.map(({ textContent }) => textContent!.replace(/^\D+/, '')));
  expect(errors).toHaveLength(12);
  expect(new Set(errors).size).toBe(1);
  expect(await page.getByRole('slider', { name: 'Threshold' }).getAttribute('aria-valuetext')).toBe('0.0500');
  expect(faults).toEqual([]);
  await page.close();
  calibrated.close();
});
