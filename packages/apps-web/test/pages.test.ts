import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChromium } from './chromium.ts';
import { canvasOf, expectChange, openPage, PATIENT, type Site, serveSite } from './site.ts';

let browser: Browser;
let site: Site;
let url: string;
beforeAll(async () => {
  [browser, site] = await Promise.all([openChromium(), serveSite([])]);
  url = site.url;
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

test('every page opens, even without models, and says what is missing', async () => {
  const { page, faults } = await openPage(browser, url);
  const links = page.locator('nav a');
  await links.first().waitFor();
  await page.waitForSelector('main h1');
  for (const link of await links.all()) {
    await link.click();
    await expect.poll(() => link.getAttribute('aria-current')).toBe('page');
    await page.waitForSelector('main h1');
  }
  await page.goto(`${url}#/plane`);
  await page.getByText('built without the trained model').first().waitFor();
  expect(faults).toEqual([]);
  await page.close();
});

test('a browser whose language is no language tag opens every page', async () => {
  const { page, faults } = await openPage(browser, `${url}#/train?experiment=ecg`, () =>
    Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true }),
  );
  await page.waitForSelector('.status[data-phase=paused]', { timeout: 120_000 });
  expect(faults).toEqual([]);
  await page.close();
});

test('a request for data that fails once is repeated', async () => {
  const page = await browser.newPage();
  let failures = 0;
  await page.context().route('**/data/index.json', (route) => (failures++ === 0 ? route.abort() : route.continue()));
  await page.goto(`${url}#/train?experiment=ecg`);
  await page.waitForSelector('.status[data-phase=paused]', { timeout: 120_000 });
  expect(failures).toBe(2);
  await page.close();
});

test('the keyboard reaches all controls of the shell', async () => {
  const { page } = await openPage(browser, url);
  await page.waitForSelector('main h1');
  await page.keyboard.press('Tab');
  await expect(page.evaluate(() => document.activeElement!.textContent)).resolves.toBe('Skip to content');
  await page.keyboard.press('Enter');
  await expect(page.evaluate(() => document.activeElement!.id)).resolves.toBe('content');
  await page.getByRole('button', { name: 'Switch to dark colours' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.evaluate(() => document.documentElement.dataset.theme)).resolves.toBe('dark');
  await page.close();
});

test('a browser without WebGPU gets an explanation, and pictures that react', async () => {
  const { page, faults } = await openPage(browser, url, () =>
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }),
  );
  await page.getByRole('heading', { name: 'This demo needs WebGPU' }).waitFor();
  await page.getByText('This browser does not have WebGPU.').waitFor();
  const browsers = await page.locator('.browsers li').allTextContents();
  expect(browsers).toHaveLength(4);
  // The browser of this test comes first
  expect(browsers[0]).toContain(process.platform === 'linux' ? 'Chrome on Linux' : 'Chrome, Edge');

  // The picture at the ring is that of the map, wherever the map has one.
  const map = page.locator('.decoded-map .picture:not(.waiting)');
  await map.waitFor();
  await page.getByLabel('First number').fill('-0.2');
  await page.getByLabel('Second number').fill('1.5');
  const side = 28;
  const levels = (canvas: Locator, x: number, y: number): Promise<number[]> =>
    canvas.evaluate(
      (element, [left, top, side]) => {
        const context = (element as HTMLCanvasElement).getContext('2d')!;
        return [...context.getImageData(left!, top!, side!, side!).data];
      },
      [x, y, side],
    );
  const expected = await levels(map, 11 * side, 2 * side);
  expect(new Set(expected).size).toBeGreaterThan(10);
  const shown = page.locator('.decoded-side canvas');
  await expect.poll(() => levels(shown, 0, 0), PATIENT).toEqual(expected);

  // Between pictures it is the mean of four.
  const corners = await Promise.all(
    [11, 12].flatMap((column) => [2, 3].map((row) => levels(map, column * side, row * side))),
  );
  await page.getByLabel('First number').fill('-0.1');
  await page.getByLabel('Second number').fill('1.4');
  const worst = async () => {
    const mixture = await levels(shown, 0, 0);
    return Math.max(...mixture.map((level, i) => Math.abs(level - corners.reduce((sum, own) => sum + own[i]! / 4, 0))));
  };
  // Half a level for rounding the map, and half for rounding the mixture.
  await expect.poll(worst, PATIENT).toBeLessThanOrEqual(1);

  const film = page.locator('.path-film canvas:not(.waiting)');
  await film.waitFor();
  const first = await canvasOf(page, '.path-film canvas');
  await page.getByRole('button', { name: 'Play' }).click();
  await expectChange(page, '.path-film canvas', first);
  expect(faults).toEqual([]);
  await page.close();
});

test('without WebGPU, a picture that can’t be loaded is named', async () => {
  const page = await browser.newPage();
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }));
  await page.route('**/garments.webp', (route) => route.abort());
  await page.goto(url);
  await page.getByText('pictures/garments.webp can’t be loaded.').waitFor();
  await page.locator('.path-film canvas:not(.waiting)').waitFor();
  await page.close();
});

test('the build names a --data-dir that contains no dataset', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'hourglass-no-data-'));
  const args = ['build.mjs', '--out', join(empty, 'site'), '--data-dir', empty];
  const build = promisify(execFile)(process.execPath, args, { cwd: new URL('..', import.meta.url) });
  await expect(build).rejects.toThrow(`${empty} contains neither `);
  await rm(empty, { recursive: true });
});
