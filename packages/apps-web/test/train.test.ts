import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXPERIMENTS } from '@hourglass/experiments';
import { decodeCheckpoint } from '@hourglass/nn';
import { needs, REPORT_WEIGHTS } from '@hourglass/testing/real-files';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { openChromium } from './chromium.ts';
import { canvasOf, expectChange, openPage, PATIENT, type Site, serveSite, untrained } from './site.ts';
import { downloaded } from './training.ts';

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

const KERAS_ECG = join(REPORT_WEIGHTS, 'ecg/autoencoderECG.h5');
const KERAS_OTHER = fileURLToPath(new URL('../../nn/test/keras/whole.h5', import.meta.url));
const KERAS_3_OTHER = fileURLToPath(new URL('../../formats/test/keras/nested.keras', import.meta.url));
const keras = needs('dropping a Keras file of the ECG model', KERAS_ECG);

/** Opens the smallest experiment, ready at step 0: on SwiftShader the others take seconds per step. */
async function openTraining(): Promise<{ page: Page; faults: string[] }> {
  const opened = await openPage(browser, `${url}#/train?experiment=ecg`);
  await phase(opened.page, 'paused');
  return opened;
}

const phase = (page: Page, name: string) => page.waitForSelector(`.status[data-phase=${name}]`);
const step = async (page: Page): Promise<number> => Number(await page.locator('.status').getAttribute('data-step'));
const reachStep = (page: Page, wanted: number) =>
  expect.poll(() => step(page), { timeout: 240_000, interval: 100 }).toBeGreaterThanOrEqual(wanted);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** The loss that the curves' label reports. */
async function loss(page: Page): Promise<number> {
  const label = await page.locator('.curves [role=img]').getAttribute('aria-label');
  return Number(/loss is ([\d.e-]+) now/.exec(label!)![1]);
}

test('Step trains one step; 20 steps lower the loss; Pause stops training; the weights can be downloaded', async () => {
  const { page, faults } = await openTraining();
  await button(page, 'Step').click();
  await reachStep(page, 1);
  expect(await step(page)).toBe(1);
  const before = await loss(page);
  await phase(page, 'paused');
  await button(page, 'Start').click();
  await reachStep(page, 21);
  await button(page, 'Pause').click();
  await phase(page, 'paused');
  const paused = await step(page);
  expect(await loss(page)).toBeLessThan(before);
  await page.waitForTimeout(1500);
  expect(await step(page)).toBe(paused);

  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download the weights').click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const { snapshot } = decodeCheckpoint(Buffer.concat(chunks), 'download');
  expect(snapshot.state.step).toBe(paused);
  expect(faults).toEqual([]);
  await page.close();
});

test('what the page draws while it trains reaches the screen', async () => {
  const { page } = await openTraining();
  await page.evaluate(() => {
    const counting = globalThis as unknown as { changes: number };
    counting.changes = 0;
    const count = (records: MutationRecord[]) => {
      counting.changes += records.length;
    };
    new MutationObserver(count).observe(document.querySelector('.status')!, { attributeFilter: ['data-step'] });
  });
  const screen = await page.context().newCDPSession(page);
  let frames = 0;
  screen.on('Page.screencastFrame', ({ sessionId }) => {
    frames++;
    void screen.send('Page.screencastFrameAck', { sessionId });
  });
  await screen.send('Page.startScreencast', { format: 'jpeg' });
  await button(page, 'Start').click();
  // Frames were lost more and more often, so the first seconds showed nothing.
  await page.waitForTimeout(25_000);
  const changes = () => page.evaluate(() => (globalThis as unknown as { changes: number }).changes);
  const before = { frames, changes: await changes() };
  await page.waitForTimeout(10_000);
  const drawn = (await changes()) - before.changes;
  const shown = frames - before.frames;
  await screen.send('Page.stopScreencast');
  await button(page, 'Pause').click();
  await phase(page, 'paused');
  expect(drawn).toBeGreaterThan(0);
  // A busy machine may lose some; without rests between the steps it loses four of five.
  expect(shown).toBeGreaterThan(drawn / 2);
  await page.close();
});

test('a trained run is not discarded unasked, and the page is as the visitor left it', async () => {
  const { page, faults } = await openTraining();
  await page.getByLabel('Seed').fill('5');
  await page.getByLabel('Seed').blur();
  await button(page, 'Reset with these settings').click();
  await phase(page, 'paused');
  await button(page, 'Step').click();
  await reachStep(page, 1);
  await phase(page, 'paused');

  await page.getByRole('link', { name: 'Cartoons' }).click();
  await page.getByRole('heading', { name: 'Cartoons' }).waitFor();
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  await page.getByLabel('Seed').waitFor();
  expect(await page.getByLabel('Seed').inputValue()).toBe('5');
  expect(await step(page)).toBe(1);

  const experiment = page.getByLabel('Experiment');
  await experiment.selectOption('fashion');
  await page.getByText('This discards the run of “ECG anomaly detector” with 1 trained steps').waitFor();
  await button(page, 'Keep it').click();
  expect(await experiment.inputValue()).toBe('ecg');
  expect(await step(page)).toBe(1);
  await button(page, 'Reset').click();
  await button(page, 'Discard it').click();
  await expect.poll(() => step(page), { timeout: 60_000 }).toBe(0);
  expect(faults).toEqual([]);
  await page.close();
});

test('a run outlives its tab', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(240_000);
  await page.goto(`${url}#/train?experiment=ecg&seed=3`);
  await phase(page, 'paused');
  for (const wanted of [1, 2]) {
    await button(page, 'Step').click();
    await reachStep(page, wanted);
    await phase(page, 'paused');
  }
  await page.close();

  const later = await context.newPage();
  later.setDefaultTimeout(240_000);
  await later.goto(`${url}#/train`);
  await later.getByText('left a run of “ECG anomaly detector” with 2 trained steps').waitFor();
  await button(later, 'Continue it').click();
  await reachStep(later, 2);
  await phase(later, 'paused');
  expect(await later.getByLabel('Seed').inputValue()).toBe('3');
  await button(later, 'Step').click();
  await reachStep(later, 3);
  await context.close();
});

test('runs are kept under names, compared, continued on a later visit, and deleted', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(240_000);
  const trainTo = async (on: Page, wanted: number) => {
    await button(on, 'Step').click();
    await reachStep(on, wanted);
    await phase(on, 'paused');
  };
  await page.goto(`${url}#/train?experiment=ecg&seed=3`);
  await phase(page, 'paused');
  await trainTo(page, 1);
  await trainTo(page, 2);
  const kept = await loss(page);
  await page.getByLabel('Name of the current run').fill('a/b: first');
  await button(page, 'Keep this run').click();
  const run = (on: Page) => on.getByRole('list', { name: 'Kept runs' }).getByRole('listitem');
  await expect
    .poll(() => run(page).allTextContents(), PATIENT)
    .toEqual([expect.stringMatching(/^a\/b: first.*, 2 steps/)]);

  await page.getByLabel('Seed').fill('4');
  await page.getByLabel('Seed').blur();
  await button(page, 'Reset with these settings').click();
  await button(page, 'Discard it').click();
  await expect.poll(() => step(page), { timeout: 60_000 }).toBe(0);
  await phase(page, 'paused');
  await trainTo(page, 1);
  expect(await loss(page)).not.toBe(kept);
  await run(page).getByRole('button', { name: 'Compare' }).click();
  await page.locator('.curve-names').getByText('loss of a/b: first').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.close();

  const later = await context.newPage();
  later.setDefaultTimeout(240_000);
  await later.goto(`${url}#/train?experiment=ecg`);
  await phase(later, 'paused');
  await run(later).getByRole('button', { name: 'Continue' }).click();
  await reachStep(later, 2);
  await phase(later, 'paused');
  expect(await later.getByLabel('Seed').inputValue()).toBe('3');
  expect(await loss(later)).toBe(kept);
  await trainTo(later, 3);
  const saving = later.waitForEvent('download');
  await run(later).getByRole('button', { name: 'Download' }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await saving).createReadStream()) chunks.push(chunk as Buffer);
  expect(decodeCheckpoint(Buffer.concat(chunks), 'download').snapshot.state.step).toBe(2);
  await run(later).getByRole('button', { name: 'Delete' }).click();
  await expect.poll(() => run(later).count(), PATIENT).toBe(0);
  await context.close();
});

test('settings in the address outside their range are replaced by the usual ones', async () => {
  const { page } = await openPage(browser, `${url}#/train?experiment=ecg&batch=0&lr=-3&latent=2.5&seed=7`);
  await phase(page, 'paused');
  const values = ['Batch', 'Learning rate', 'Code length', 'Seed'].map((name) => page.getByLabel(name).inputValue());
  expect(await Promise.all(values)).toEqual(['512', '0.001', '8', '7']);
  await page.close();
});

test('dropped weights become the model; damaged and wrong files get an error message', async () => {
  const { page, faults } = await openTraining();
  const weights = page.locator('.drop input').first();
  const bytes = Buffer.from(untrained(EXPERIMENTS.get('ecg')!));
  await weights.setInputFiles({ name: 'mine.safetensors', mimeType: '', buffer: bytes });
  await page.getByText('mine.safetensors is now the ecg model').waitFor();
  await weights.setInputFiles({ name: 'cut.safetensors', mimeType: '', buffer: bytes.subarray(0, 5000) });
  await page.getByText('cut.safetensors').waitFor();
  expect(await page.locator('.notice.problem').textContent()).toMatch(/cut\.safetensors: .*(bytes|cut short)/);
  await weights.setInputFiles(KERAS_OTHER);
  await page.getByText("whole.h5: its layer 'encoder/conv2d'").waitFor();
  await weights.setInputFiles(KERAS_3_OTHER);
  await page.getByText("nested.keras: its layer 'encoder/").waitFor();
  if (!keras.skip) {
    await weights.setInputFiles(KERAS_ECG);
    await page.getByText('autoencoderECG.h5 is now the ecg model').waitFor();
  }
  const data = page.locator('.drop input').last();
  await data.setInputFiles({ name: 'beats.csv', mimeType: '', buffer: Buffer.from('1,2,3\n') });
  await page.getByText('beats.csv').first().waitFor();
  expect(await page.locator('.notice.problem').textContent()).toMatch(/beats\.csv.*1/);
  expect(faults).toEqual([]);
  await page.close();
});

test('a lost device loses no step that was shown, and Start continues', async () => {
  const { page } = await openTraining();
  await button(page, 'Start').click();
  await reachStep(page, 10);
  await (await browser.newBrowserCDPSession()).send('Browser.crashGpuProcess');
  await phase(page, 'lost');
  const notice = await page.locator('.notice.problem').textContent();
  expect(notice).toMatch(/^The GPU device was lost .* All \d+ steps up to the last update of the samples are kept/);
  const kept = Number(/All (\d+) steps/.exec(notice!)![1]);
  await button(page, 'Start').click();
  await reachStep(page, kept + 10);
  await button(page, 'Pause').click();
  await phase(page, 'paused');
  await page.close();
});

test('a GAN trains: the images of its random codes change, both losses are drawn, and no ONNX file is offered', async () => {
  const { page, faults } = await openPage(browser, `${url}#/train?experiment=fashion-gan&batch=2`);
  await phase(page, 'paused');
  await page.getByRole('heading', { name: 'The same random codes' }).waitFor();
  const pictures = page.locator('.progress-samples canvas');
  expect(await pictures.count()).toBe(25);
  const before = await canvasOf(page, '.progress-samples canvas');
  await button(page, 'Step').click();
  await reachStep(page, 1);
  await expectChange(page, '.progress-samples canvas', before);
  await page.getByText('generator loss', { exact: true }).first().waitFor();
  await page.getByText('discriminator loss', { exact: true }).first().waitFor();
  expect(await button(page, 'Download as ONNX').count()).toBe(0);
  await phase(page, 'paused');
  const { snapshot } = decodeCheckpoint(await downloaded(page, 'Download the weights'), 'download');
  const names = [...snapshot.tensors.keys()];
  for (const network of ['generator', 'discriminator'])
    expect(names.some((name) => name.startsWith(`${network}.`))).toBe(true);
  expect(await violations(page)).toEqual([]);
  expect(faults).toEqual([]);
  await page.close();
});

test('a VAE-GAN trains: all its losses are drawn, and an ONNX file is offered', async () => {
  const { page, faults } = await openPage(browser, `${url}#/train?experiment=fashion-vae-gan&batch=2`);
  await phase(page, 'paused');
  await button(page, 'Step').click();
  await reachStep(page, 1);
  for (const name of ['reconstruction (1000 × MSE)', 'generator loss × 100', 'discriminator loss'])
    await page.getByText(name, { exact: true }).first().waitFor();
  await phase(page, 'paused');
  const onnx = await downloaded(page, 'Download as ONNX');
  expect(onnx.includes('fashion-vae-gan.model')).toBe(true); // the graph's name
  expect(faults).toEqual([]);
  await page.close();
});
