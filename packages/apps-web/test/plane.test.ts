import { EXPERIMENTS } from '@hourglass/experiments';
import { normalOnHost } from '@hourglass/tensor';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChromium } from './chromium.ts';
import { decodedBy, expectPictures } from './grey-pictures.ts';
import { canvasOf, expectChange, openPage, PATIENT, type Site, serveSite, someCodes } from './site.ts';

let browser: Browser;
let site: Site;
let url: string;
beforeAll(async () => {
  [browser, site] = await Promise.all([openChromium(), serveSite([{ id: 'fashion-vae', codes: someCodes() }])]);
  url = site.url;
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

const probe = '.probe canvas';

/** The screen position of a point of the latent plane, with the view `0,0,6` in the address. */
async function onScreen(page: Page, [z1, z2]: readonly [number, number]): Promise<[number, number]> {
  const { x, y, width, height } = (await page.locator('.map canvas').boundingBox())!;
  return [x + width / 2 + (z1 / 6) * width, y + height / 2 - (z2 / 6) * width];
}

/** A picture once it has not changed for a second: the last point of a drag is decoded after the pointer stops. */
async function settled(page: Page, selector: string): Promise<string> {
  for (let earlier = ''; ; ) {
    const picture = await canvasOf(page, selector);
    if (picture === earlier) return picture;
    earlier = picture;
    await page.waitForTimeout(1000);
  }
}

/** Red, green, blue and opacity of a picture's pixels, from 0 to 255. */
const levelsOf = (page: Page, selector: string): Promise<number[]> =>
  page
    .locator(selector)
    .first()
    .evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      return [...(canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height).data];
    });

test('a point is decoded while it is dragged, and the address stores it', async () => {
  const { page, faults } = await openPage(browser, `${url}#/plane?view=0,0,6&z=0.5,0.5&show=codes`);
  await page.waitForSelector(probe);
  const empty = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 28, height: 28 });
    return canvas.toDataURL();
  });
  await expectChange(page, probe, empty);
  const before = await canvasOf(page, probe);
  await page.locator('.map canvas').scrollIntoViewIfNeeded();
  await page.mouse.move(...(await onScreen(page, [0.5, 0.5])));
  await page.mouse.down();
  await page.mouse.move(...(await onScreen(page, [-1, 0.75])), { steps: 5 });
  await expectChange(page, probe, before);
  await page.mouse.up();
  await expect.poll(() => page.url(), PATIENT).toMatch(/z=-1(\.0\d*)?,0\.7/);
  const [z1, z2] = /z=([-\d.]+),([-\d.]+)/.exec(page.url())!.slice(1).map(Number) as [number, number];
  expect(z1).toBeCloseTo(-1, 1);
  expect(z2).toBeCloseTo(0.75, 1);

  // A reload restores the picture, and keys move the point too.
  await expect(page.locator('.probe .number').textContent()).resolves.toBe(`z = (${z1.toFixed(2)}, ${z2.toFixed(2)})`);
  await settled(page, probe);
  const dragged = await levelsOf(page, probe);
  await page.reload();
  // The address rounds the point to thousandths, which moves a pixel by a few levels at most.
  const difference = async () =>
    (await levelsOf(page, probe)).reduce((worst, level, i) => Math.max(worst, Math.abs(level - dragged[i]!)), 0);
  await expect.poll(difference, PATIENT).toBeLessThan(5);
  const restored = await settled(page, probe);
  await page.locator('.map-view').focus();
  await page.keyboard.press('ArrowRight');
  await expectChange(page, probe, restored);
  expect(faults).toEqual([]);
  await page.close();
});

test('the ring is in sight without scrolling on a low screen', async () => {
  const page = await browser.newPage({ viewport: { width: 1366, height: 650 } });
  await page.goto(`${url}#/plane?show=codes`);
  await page.waitForSelector('.plane-side .legend', PATIENT); // the codes are there, so the ring is at its place
  const { y, height } = (await page.locator('.map canvas').boundingBox())!;
  expect(y + height / 2 + 20).toBeLessThan(650); // the ring starts just below the middle
  await page.close();
});

test('steps smaller than the address can express add up', async () => {
  const { page, faults } = await openPage(browser, `${url}#/plane?view=0,0,0.05&z=0,0&show=codes`);
  await page.waitForSelector(probe);
  await page.locator('.map-view').focus();
  for (let step = 0; step < 10; step++) await page.keyboard.press('Shift+ArrowRight'); // 0.0002 each
  await expect.poll(() => page.url(), PATIENT).toContain('z=0.002,0&');
  expect(faults).toEqual([]);
  await page.close();
});

test('the wheel scrolls the page over the map, and zooms with Ctrl or after a click', async () => {
  const { page } = await openPage(browser, `${url}#/plane?view=0,0,6&show=codes`);
  await page.locator('.map canvas').hover();
  await page.mouse.wheel(0, 40);
  await expect.poll(() => page.evaluate(() => scrollY), PATIENT).toBeGreaterThan(0);
  expect(page.url()).toContain('view=0,0,6');
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, 40);
  await page.keyboard.up('Control');
  await expect.poll(() => page.url(), PATIENT).not.toContain('view=0,0,6&');
  const zoomed = page.url();
  await page.locator('.map canvas').click();
  await page.mouse.wheel(0, 40);
  await expect.poll(() => /view=[^&]+/.exec(page.url())![0], PATIENT).not.toBe(/view=[^&]+/.exec(zoomed)![0]);
  await page.close();
});

test('a finger scrolls the page past the map, and drags the ring', async () => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 390, height: 700 } });
  const page = await context.newPage();
  await page.goto(`${url}#/plane?view=0,0,6&z=1,0&show=codes`);
  await page.locator('.map canvas').scrollIntoViewIfNeeded();
  await page.waitForSelector(probe, PATIENT);
  const session = await context.newCDPSession(page);
  const swipe = async ([x, y]: readonly [number, number], dy: number) => {
    const at = (offset: number) => [{ x, y: y + offset }];
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
    for (let i = 1; i <= 10; i++)
      await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at((dy * i) / 10) });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  const scrolled = () => page.evaluate(() => scrollY);
  const before = await scrolled();
  await swipe(await onScreen(page, [1, 0]), -40);
  await expect.poll(() => page.url(), PATIENT).not.toContain('z=1,0&');
  expect(await scrolled()).toBe(before);
  await swipe(await onScreen(page, [-1.5, -1]), -60);
  await expect.poll(scrolled, PATIENT).toBeGreaterThan(before);
  expect(page.url()).toContain('view=0,0,6');
  await context.close();
});

test('a seed gives the same codes and pictures as the command line', async () => {
  const seed = 7;
  const expected = await decodedBy(EXPERIMENTS.get('fashion-vae')!, normalOnHost(10 * 2, { seed }));
  const { page, faults } = await openPage(browser, `${url}#/plane?view=0,0,6&show=codes&seed=${seed}`);
  await page.locator('.strip.wrap canvas').nth(9).waitFor();
  await expectPictures(page, '.strip.wrap canvas', expected);
  expect(faults).toEqual([]);
  await page.close();
});

test('progress that arrives after the model changes nothing', async () => {
  const page = await browser.newPage();
  // Progress uses a separate port, so the result can overtake it; here it always does.
  await page.addInitScript(() => {
    const add = MessagePort.prototype.addEventListener;
    MessagePort.prototype.addEventListener = function (this: MessagePort, type: string, listener: EventListener) {
      add.call(this, type, (event) =>
        setTimeout(() => {
          listener(event);
          document.documentElement.dataset.late = 'heard';
        }, 3000),
      );
    } as typeof add;
  });
  await page.goto(`${url}#/plane`);
  await page.waitForSelector('.map canvas', PATIENT);
  await page.waitForSelector('[data-late]', { state: 'attached', ...PATIENT });
  expect(await page.locator('.map canvas').isVisible()).toBe(true);
  await page.close();
});
