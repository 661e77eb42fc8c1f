import { gzipSync } from 'node:zlib';
import { proceduralFashion } from '@hourglass/datasets';
import { fitDetector, fitImages } from '@hourglass/experiments';
import { readSafetensors } from '@hourglass/nn';
import { csvText, madeUpBeats } from '@hourglass/testing/beat-files';
import { numbered, plainPng } from '@hourglass/testing/cartoon-files';
import { idx } from '@hourglass/testing/idx-files';
import { packTar } from 'modern-tar';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChromium } from './chromium.ts';
import { PATIENT, type Site, serveSite } from './site.ts';
import { coloursOf, downloaded, drop, openTraining, trainStep } from './training.ts';

let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([openChromium(), serveSite([])]);
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

/** Switches to an experiment, which trains on the dropped files. */
async function turnTo(page: Page, experiment: string, data: string): Promise<void> {
  await page.evaluate((hash) => location.assign(hash), `#/train?experiment=${experiment}`);
  await page.getByText(`Data: your files (${data} test samples.`).waitFor();
  await page.waitForSelector('.status[data-phase=paused]');
}

test('dropped pictures become the data of the cartoons, and training uses them', async () => {
  // The hash of its name makes the first the test image, on the command line too.
  const faces = [6, 0, 1, 2, 3, 4, 5].map(numbered);
  const { page, faults } = await openTraining(browser, site.url);
  const files = Object.fromEntries(faces.map(({ name, png }) => [name, png]));
  await drop(page, files, '6 images for training and 1 for testing. Choose an experiment');
  await turnTo(page, 'cartoon&batch=2&latent=4', 'cartoonset), 6 training and 1');

  const sample = page.locator('.progress-samples canvas');
  for (const step of [1, 2]) {
    const before = await coloursOf(sample);
    await page.getByRole('button', { name: 'Step', exact: true }).click();
    await page.waitForSelector(`.status[data-phase=paused][data-step="${step}"]`);
    await expect.poll(() => coloursOf(sample), PATIENT).not.toEqual(before);
  }
  expect(await page.locator('.curves [role=img]').getAttribute('aria-label')).toMatch(/loss is 0\.\d+ now/);

  // A picture of one colour is the same at every size.
  await page.getByText('Originals').click();
  const original = Array.from({ length: 64 * 64 }, () => faces[0]!.color).flat();
  await expect.poll(() => coloursOf(sample), PATIENT).toEqual(original);
  expect(faults).toEqual([]);
  await page.close();
});

test('beats, a tar of pictures, and IDX files, gzipped or not, are accepted; invalid files get an error message', async () => {
  const { page, faults } = await openTraining(browser, site.url);
  await drop(page, { 'ecg.csv': new TextEncoder().encode(csvText(madeUpBeats(20))) }, 'Training restarts with them');
  await page.getByText('Data: your files (ecg5000)').waitFor();
  const [one, two, three] = [1, 6, 3].map(numbered);
  const entries = [one!, two!, three!].map(({ name, png }) => ({ header: { name, size: png.length }, body: png }));
  const tar = await packTar(entries);
  await drop(page, { 'faces.tar': tar }, '2 images for training and 1 for testing');
  await drop(page, { 'cut.tar': tar.subarray(0, 700) }, 'cut.tar is damaged or cut short');
  await drop(page, { 'cut.png': one!.png.subarray(0, 60), 'whole.png': two!.png }, "cut.png can't be decoded");

  const { train } = proceduralFashion({ train: 14, test: 1 });
  const images = gzipSync(idx([14, 28, 28], train.pixels));
  const labels = idx([14], train.labels);
  await drop(page, { 'images.gz': images }, 'images.gz contains 14 images, but no file has their labels.');
  await drop(page, { 'images.gz': images, labels }, '12 images for training and 2 for testing. Choose an experiment');
  await turnTo(page, 'fashion', 'fashion-mnist), 12 training and 2');
  await expect.poll(() => page.locator('.progress-samples canvas').count(), PATIENT).toBe(2);
  expect(faults).toEqual([]);
  await page.close();
});

test('photographs get an experiment of their size, whose weights the command line reads', async () => {
  const { page, faults } = await openTraining(browser, site.url);
  // The same grey in all channels, 24 pixels a side
  const photographs = [30, 60, 90, 120, 150, 180].map((level) => plainPng([level, level, level, 255], 24));
  const files = Object.fromEntries(photographs.map((bytes, i) => [`holiday-${i}.png`, bytes]));
  await drop(page, files, 'for testing, drawn at 24×24 in grey. “Autoencoder of images” is ready');
  expect(await page.getByLabel('Experiment').inputValue()).toBe('images');
  await page.getByLabel('Batch').fill('2');
  await page.getByLabel('Batch').blur();
  await page.getByRole('button', { name: 'Reset with these settings' }).click();
  await trainStep(page);
  const bytes = await downloaded(page, 'Download the weights');
  const { description } = fitImages('images', [{ name: 'downloaded', ...readSafetensors(bytes, 'downloaded') }]);
  expect(description).toMatchObject({ size: 24, channels: 1, fit: 'cover', background: '#ffffff' });
  const onnx = await downloaded(page, 'Download as ONNX');
  expect(onnx.includes('images.model')).toBe(true); // the graph's name

  // Other data proposes another experiment; the run that it would replace is still the one of the photographs
  const rows = Array.from({ length: 200 }, (_, t) => Math.sin(t / 4).toFixed(4));
  await drop(page, { 'tide.csv': new TextEncoder().encode(['level', ...rows].join('\n')) }, 'is ready to train');
  await page.getByText('This discards the run of “Autoencoder of images” with 1 trained steps').waitFor();
  expect(faults).toEqual([]);
  await page.close();
});

test('a recording in a CSV gets a detector with windows of its period', async () => {
  const { page, faults } = await openTraining(browser, site.url);
  const period = 25;
  const rows = Array.from({ length: 600 }, (_, t) => `${t};${Math.sin((2 * Math.PI * t) / period).toFixed(4)}`);
  const csv = new TextEncoder().encode(['time;level', ...rows].join('\n'));
  await drop(page, { 'tide.csv': csv }, `${period} instants each`);
  expect(await page.getByLabel('Experiment').inputValue()).toBe('series');
  await trainStep(page);
  const bytes = await downloaded(page, 'Download the weights');
  const { detector } = fitDetector([{ name: 'downloaded', ...readSafetensors(bytes, 'downloaded') }]);
  expect(detector).toMatchObject({ window: period, channels: ['level'], layout: 'recording' });
  expect(detector.threshold).toBeGreaterThan(0);
  expect(await page.locator('.beats .beat').count()).toBeGreaterThan(0);
  expect(faults).toEqual([]);
  await page.close();
});
