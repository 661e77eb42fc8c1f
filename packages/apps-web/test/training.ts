import type { Browser, Locator, Page } from 'playwright-core';
import { openPage } from './site.ts';

/** Opens the smallest experiment, so that data can be dropped before a larger model is built. */
export async function openTraining(browser: Browser, url: string): Promise<{ page: Page; faults: string[] }> {
  const opened = await openPage(browser, `${url}#/train?experiment=ecg`);
  await opened.page.waitForSelector('.status[data-phase=paused]');
  return opened;
}

/** Drops files on an area, as a visitor would, and waits for the page's answer. */
export async function drop(
  page: Page,
  files: Readonly<Record<string, Uint8Array>>,
  answer: string,
  area: 'Data' | 'Weights' = 'Data',
): Promise<void> {
  const contents = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')] as const);
  const dataTransfer = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const [name, base64] of given)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name));
    return transfer;
  }, contents);
  await page.getByRole('button', { name: new RegExp(`^${area}`) }).dispatchEvent('drop', { dataTransfer });
  await page.getByText(answer).waitFor();
}

/** Red, green and blue of a picture's pixels, from 0 to 255. */
export const coloursOf = (picture: Locator): Promise<number[]> =>
  picture.evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
    return [...data].filter((_, i) => i % 4 < 3);
  });

/** Clicks a button that downloads a file. */
export async function downloaded(page: Page, button: string): Promise<Buffer> {
  const click = page.getByRole('button', { name: button }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), click]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Trains one step of what was proposed for dropped files. */
export async function trainStep(page: Page): Promise<void> {
  await page.waitForSelector('.status[data-phase=paused][data-step="0"]');
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await page.waitForSelector('.status[data-phase=paused][data-step="1"]');
}
