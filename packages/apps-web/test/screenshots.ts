/**
 * Takes screenshots of every page of the built site in dist/, wide, narrow and dark: `pnpm --filter apps-web
 * screenshots [folder] [text]`. The default folder is docs/images/web; with a text, only pages whose name contains it.
 * For some pages, also saves the figure that docs/images has for the README.
 */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { openChromium } from './chromium.ts';

const PAGES: Readonly<Record<string, string>> = {
  start: '#/start',
  plane: '#/plane?seed=0',
  'plane-plain': '#/plane?model=fashion&seed=0',
  cartoons: '#/cartoons',
  denoise: '#/denoise',
  heartbeats: '#/heartbeats',
  train: '#/train?experiment=ecg',
};
const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 390, height: 844 };
const LOOKS = [
  { name: 'wide', viewport: WIDE, colorScheme: 'light' },
  { name: 'narrow', viewport: NARROW, colorScheme: 'light' },
  { name: 'dark', viewport: WIDE, colorScheme: 'dark' },
] as const;

const FIGURES: Readonly<Record<string, string>> = { plane: '.map-view', cartoons: '.studio' };

/** Milliseconds without a change after which a page counts as settled, and the longest wait for that. */
const REST = 5_000;
const PATIENCE = 240_000;

const [folder = '../../docs/images/web', only = ''] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const server = spawn(process.execPath, ['preview.mjs'], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise<string>((done) => server.stdout.on('data', (text) => done(String(text).trim())));
const browser = await openChromium();
try {
  for (const [name, hash] of Object.entries(PAGES).filter(([page]) => page.includes(only))) {
    for (const { name: look, ...options } of LOOKS) {
      const page = await browser.newPage({ ...options, deviceScaleFactor: look === 'narrow' ? 2 : 1 });
      await page.goto(url + hash);
      if (name === 'train') await trainAWhile(page);
      if (name === 'start') await giveLesson(page);
      await settle(page);
      const path = resolve(folder, `${name}-${look}.png`);
      await page.screenshot({ path, fullPage: true, timeout: PATIENCE });
      if (look === 'wide' && name in FIGURES) {
        await page
          .locator(FIGURES[name]!)
          .screenshot({ path: resolve(folder, `${name}.jpg`), type: 'jpeg', quality: 88 });
      }
      console.log(path);
      await page.close();
    }
  }
} finally {
  await browser.close();
  server.kill();
}

async function trainAWhile(page: Page): Promise<void> {
  await page.waitForSelector('.status[data-phase=paused]', { timeout: PATIENCE });
  await page.getByRole('button', { name: 'Start' }).click();
  await page.waitForFunction(() => Number(document.querySelector<HTMLElement>('.status')!.dataset.step) >= 150, null, {
    timeout: PATIENCE,
  });
  await page.getByRole('button', { name: 'Pause' }).click();
}

async function giveLesson(page: Page): Promise<void> {
  await page.waitForSelector('.hourglass .slider input:enabled', { timeout: PATIENCE });
  await page.getByRole('button', { name: 'Train a small model' }).click();
  await page.getByRole('button', { name: 'Train again' }).waitFor({ timeout: PATIENCE });
}

/** Waits until loading has finished and nothing changes. */
async function settle(page: Page): Promise<void> {
  const end = Date.now() + PATIENCE;
  let before = '';
  while (Date.now() < end) {
    await page.waitForTimeout(REST);
    const now = await page.evaluate(() =>
      [
        document.body.textContent,
        ...Array.from(document.querySelectorAll('canvas'), (canvas) => canvas.toDataURL()),
      ].join(),
    );
    if (now === before && (await page.locator('.progress, .opening, .waiting').count()) === 0) return;
    before = now;
  }
}
