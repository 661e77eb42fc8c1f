import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDrawing, writeDrawing } from '../src/pages/denoise/drawing.ts';
import { openChromium } from './chromium.ts';
import { canvasOf, expectChange, openPage, PATIENT, type Site, serveSite } from './site.ts';

let browser: Browser;
let site: Site;
let url: string;
beforeAll(async () => {
  [browser, site] = await Promise.all([openChromium(), serveSite(['denoise'])]);
  url = site.url;
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

const [original, noisy, clean] = [1, 2, 3].map((n) => `.stage:nth-child(${n}) canvas`) as [string, string, string];

test('noise changes the noisy picture and the denoised one; without noise the picture is the original', async () => {
  const { page, faults } = await openPage(browser, `${url}#/denoise?noise=0&garment=3`);
  await page.locator('.distance').first().waitFor();
  expect(await canvasOf(page, noisy)).toBe(await canvasOf(page, original));
  await page.getByText('procedural stand-in').waitFor();
  const [, before] = [await canvasOf(page, noisy), await canvasOf(page, clean)];
  const slider = page.getByRole('slider', { name: /^Noise/ });
  await slider.fill('0.5');
  await expectChange(page, noisy, await canvasOf(page, original));
  await expectChange(page, clean, before);
  await expect.poll(() => page.url(), PATIENT).toMatch(/noise=0\.5/);
  expect(faults).toEqual([]);
  await page.close();
});

test('a drawing by pointer and by key is denoised, and the address stores it', async () => {
  const { page, faults } = await openPage(browser, `${url}#/denoise`);
  await page.getByText('Draw one').click();
  const pad = page.locator('.pad');
  const { x, y, width, height } = (await pad.boundingBox())!;
  const blank = await canvasOf(page, original);
  const before = await canvasOf(page, clean);
  await page.mouse.move(x + width * 0.3, y + height * 0.2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.3, y + height * 0.8, { steps: 4 });
  await page.mouse.up();
  await expectChange(page, original, blank);
  await expectChange(page, clean, before);
  const line = await canvasOf(page, original);
  await pad.focus();
  await page.keyboard.press('Shift+ArrowRight');
  await expectChange(page, original, line);
  const drawn = await canvasOf(page, original);
  await expect.poll(() => page.url(), PATIENT).toMatch(/draw=/);
  await page.waitForTimeout(500); // the address is written a quarter of a second after the last stroke
  await page.reload();
  await expect.poll(() => canvasOf(page, original), PATIENT).toBe(drawn);
  expect(faults).toEqual([]);
  await page.close();
});

test('a drawing in an address comes back within half a level; invalid texts give no drawing', () => {
  const pixels = Float32Array.from({ length: 784 }, (_, i) => (i % 50 < 30 ? 0 : ((i * 7919) % 100) / 99));
  const text = writeDrawing(pixels);
  const read = readDrawing(text)!;
  expect(Math.max(...read.map((value, i) => Math.abs(value - pixels[i]!)))).toBeLessThanOrEqual(0.5 / 15 + 1e-6);
  expect(writeDrawing(new Float32Array(784)).length).toBeLessThan(60);
  for (const wrong of [undefined, '', 'f', 'xyz', text.slice(1), `${text}0`, 'z'.repeat(784)])
    expect(readDrawing(wrong)).toBeUndefined();
});
