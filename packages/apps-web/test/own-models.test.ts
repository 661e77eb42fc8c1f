import { fromTable, parseDelimited } from '@hourglass/datasets';
import {
  addNoiseOnHost,
  codesAt,
  fitDetector,
  fitImages,
  imageExperiment,
  judge,
  planeOf,
  pointsOf,
  principalDirections,
  TrainedModel,
} from '@hourglass/experiments';
import { readSafetensors, type StoredTensor, writeSafetensors } from '@hourglass/nn';
import { sizeOf, uniformOnHost } from '@hourglass/tensor';
import { plainPng } from '@hourglass/testing/cartoon-files';
import { openDevice } from '@hourglass/testing/device';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { openChromium } from './chromium.ts';
import { PATIENT, type Site, serveSite } from './site.ts';
import { coloursOf, downloaded, drop, openTraining } from './training.ts';

let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([openChromium(), serveSite([])]);
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

const SIDE = 16;
/** Images of one colour each, which are the same at every size. */
const COLOURS = Array.from({ length: 12 }, (_, i) => [(i * 21) % 256, (i * 67 + 30) % 256, (i * 149 + 60) % 256]);
const FILES = Object.fromEntries(COLOURS.map((colour, i) => [`${i}.png`, plainPng([...colour, 255], SIDE)]));
const ROWS = Float32Array.from(
  COLOURS.flatMap((colour) => Array.from({ length: SIDE * SIDE }, () => colour.map((level) => level / 255)).flat()),
);

/** Trains what was proposed for a while, and opens it on another page. */
async function openTrained(page: Page, steps: number, link: string): Promise<Buffer> {
  await page.waitForSelector('.status[data-phase=paused][data-step="0"]');
  await page.getByRole('button', { name: 'Start' }).click();
  const trained = () => page.locator('.status').getAttribute('data-step').then(Number);
  await expect.poll(trained, PATIENT).toBeGreaterThanOrEqual(steps);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForSelector('.status[data-phase=paused]');
  const weights = await downloaded(page, 'Download the weights');
  await page.getByRole('button', { name: 'Use these weights on all pages' }).click();
  await page.locator('.notice').getByRole('link', { name: link }).click();
  return weights;
}

/** The greatest difference of a picture from samples in [0, 1], beyond the half level lost by rounding to bytes. */
function difference(shown: readonly number[], expected: Float32Array): number {
  if (shown.length !== expected.length) return Number.POSITIVE_INFINITY;
  const levels = shown.reduce((worst, value, i) => Math.max(worst, Math.abs(value - 255 * expected[i]!)), 0);
  return (levels - 0.5) / 255;
}

/** Two adapters round differently. */
const TOLERANCE = 2e-3;

test('a model of own images has a plane of its codes, and its images can be steered', async () => {
  const { page, faults } = await openTraining(browser, site.url);
  await drop(page, FILES, '“Autoencoder of images” is ready');
  const weights = await openTrained(page, 30, 'Latent plane');
  const { fitted } = fitImages('images', [{ name: 'downloaded', ...readSafetensors(weights, 'downloaded') }]);
  const model = TrainedModel.from(await openDevice(), fitted);
  const { latent } = model;
  const codes = await model.encode(ROWS);
  const plane = planeOf(codes, latent);
  const [x, y] = [...pointsOf(plane, codes).subarray(6, 8)].map((value) => Number(value.toFixed(3))) as [
    number,
    number,
  ];
  const directions = principalDirections(codes, latent, 1);
  const steered = codes.slice(0, latent).map((value, i) => value + 1.5 * directions[i]!);
  const size = sizeOf([SIDE, SIDE, 3]);
  const wanted = Float32Array.of(...codesAt(plane, Float32Array.of(x, y, 0, 0)), ...codes.slice(0, latent), ...steered);
  const expected = await model.decode(wanted);
  const picture = (index: number) => expected.subarray(index * size, (index + 1) * size);
  const bytes = (index: number) => [...picture(index)].map((value) => Math.round(255 * value));
  expect(difference(bytes(0), picture(1))).toBeGreaterThan(10 * TOLERANCE);
  expect(difference(bytes(2), picture(3))).toBeGreaterThan(10 * TOLERANCE);

  await page.getByText(`The codes have ${latent} numbers`).waitFor();
  await page.getByText('12 of your images').or(page.getByText('your images (of 12')).waitFor();
  await page.evaluate((place) => location.assign(`#/plane?model=images&z=${place}`), `${x},${y}`);
  const probe = page.locator('.probe canvas');
  await expect.poll(async () => difference(await coloursOf(probe), picture(0)), PATIENT).toBeLessThan(TOLERANCE);

  expect(await violations(page)).toEqual([]);

  await page.evaluate(() => location.assign('#/cartoons?model=images&a=0'));
  const picked = page.locator('.steer > canvas');
  const slider = page.getByRole('slider', { name: 'Direction 1' });
  await slider.waitFor();
  expect(await page.locator('.faces canvas').count()).toBe(COLOURS.length);
  await expect.poll(async () => difference(await coloursOf(picked), picture(2)), PATIENT).toBeLessThan(TOLERANCE);
  await slider.fill('1.5');
  await expect.poll(async () => difference(await coloursOf(picked), picture(3)), PATIENT).toBeLessThan(TOLERANCE);
  expect(await violations(page)).toEqual([]);
  expect(faults).toEqual([]);
  await page.close();
});

/** A run of the command line, untrained: weights that describe their images. */
async function denoiserFile(): Promise<Uint8Array> {
  const [latent, width] = [4, 4];
  const form = { size: SIDE, channels: 3, fit: 'cover', background: '#ffffff' } as const;
  const experiment = imageExperiment('images-denoise', { ...form, latent, width, classes: [] }, 1);
  const { encoder, decoder } = experiment.build({ latent });
  const tensors = [...encoder.weights, ...decoder.weights].map(
    ({ name, shape, initial }, step): [string, StoredTensor] => {
      const uniform = uniformOnHost(sizeOf(shape), { seed: 1, step });
      const data = initial === 'glorotUniform' ? uniform.map((u) => u - 0.5) : uniform.fill(initial === 'ones' ? 1 : 0);
      return [name, { shape, data }];
    },
  );
  const metadata = await experiment.metadata!({ trained: { latent } } as never);
  return writeSafetensors(tensors, {
    'hourglass.experiment': 'images-denoise',
    'hourglass.noise': 'gaussian:0.2',
    ...metadata,
  });
}

test('a dropped denoiser of own images removes its kind of noise from dropped images', async () => {
  const file = await denoiserFile();
  const { page, faults } = await openTraining(browser, site.url);
  await drop(page, { 'model.safetensors': file }, 'model.safetensors is now the model of your images', 'Weights');
  await page.locator('.notice').getByRole('link', { name: 'Denoise' }).click();
  await page.getByText('This page needs your images').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('link', { name: 'Go to Train' }).click();
  await drop(page, FILES, '“Autoencoder of images” is ready');

  const { fitted } = fitImages('images-denoise', [{ name: 'model', ...readSafetensors(file, 'model') }]);
  const model = TrainedModel.from(await openDevice(), fitted);
  const size = sizeOf([SIDE, SIDE, 3]);
  const noisy = addNoiseOnHost(ROWS.slice(2 * size, 3 * size), 'gaussian:0.3', 5);
  const expected = await model.reconstruct(noisy);
  await page.evaluate(() => location.assign('#/denoise?model=images-denoise&garment=2&noise=0.3&seed=5'));
  const shown = (stage: number) => coloursOf(page.locator(`.stage:nth-child(${stage}) canvas`));
  await page.getByRole('slider', { name: /standard deviation/ }).waitFor();
  await expect.poll(async () => difference(await shown(2), noisy), PATIENT).toBeLessThan(1e-6);
  await expect.poll(async () => difference(await shown(3), expected), PATIENT).toBeLessThan(TOLERANCE);
  expect(await violations(page)).toEqual([]);
  expect(faults).toEqual([]);
  await page.close();
});

test('a detector of own series counts the windows above its threshold, and shows the worst first', async () => {
  const period = 25;
  const spike = 310;
  const level = (t: number) => Math.sin((2 * Math.PI * t) / period) + (t === spike ? 4 : 0);
  const csv = ['time;level', ...Array.from({ length: 600 }, (_, t) => `${t};${level(t).toFixed(4)}`)].join('\n');
  const { page, faults } = await openTraining(browser, site.url);
  await drop(page, { 'tide.csv': new TextEncoder().encode(csv) }, `${period} instants each`);
  const weights = await openTrained(page, 100, 'Heartbeats');

  const { detector, fitted } = fitDetector([{ name: 'downloaded', ...readSafetensors(weights, 'downloaded') }]);
  const { recordings } = fromTable(parseDelimited(csv, 'tide.csv'), { fill: 'linear' });
  const [judged] = await judge(TrainedModel.from(await openDevice(), fitted), recordings, detector);
  const scores = [...judged!.scores];
  const above = (threshold: number) => scores.filter((score) => score > threshold).length;
  const heading = (threshold: number) => page.getByText(`${above(threshold)} of ${scores.length} windows are above`);
  await heading(detector.threshold).waitFor();
  // In the middle of the widest gap with another verdict, where rounding changes none
  const sorted = [...scores].sort((a, b) => a - b);
  const others = [...scores.keys()].slice(0, -1).filter((i) => sorted.length - 1 - i !== above(detector.threshold));
  const gap = (i: number) => sorted[i + 1]! - sorted[i]!;
  const widest = others.reduce((best, i) => (gap(i) > gap(best) ? i : best));
  const moved = (sorted[widest]! + sorted[widest + 1]!) / 2;
  await page.evaluate(
    (threshold) => location.assign(`#/heartbeats?model=series&threshold=${threshold}`),
    moved.toFixed(5),
  );
  await heading(moved).waitFor();

  const worst = await page.locator('.beat-list li').first().textContent();
  const start = Number(/^tide\.csv, from (\d+)/.exec(worst!)![1]);
  expect(start).toBeLessThanOrEqual(spike);
  expect(start + period).toBeGreaterThan(spike);
  expect(await violations(page)).toEqual([]);
  expect(faults).toEqual([]);
  await page.close();
});
