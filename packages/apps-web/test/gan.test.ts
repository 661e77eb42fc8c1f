import { EXPERIMENTS, fitWeights, GANS, steepestDirections } from '@hourglass/experiments';
import { readSafetensors } from '@hourglass/nn';
import { normalOnHost } from '@hourglass/tensor';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { openChromium } from './chromium.ts';
import { decodedBy, expectPictures } from './grey-pictures.ts';
import { openPage, PATIENT, type Site, serveSite, someCodes, untrained } from './site.ts';

let browser: Browser;
let site: Site;
let url: string;
beforeAll(async () => {
  [browser, site] = await Promise.all([
    openChromium(),
    serveSite([{ id: 'fashion-vae', codes: someCodes() }, 'fashion-gan', 'fashion-vae-gan']),
  ]);
  url = site.url;
});
afterAll(async () => {
  site?.close();
  await browser?.close();
});

test('the variational autoencoder and both GANs draw the codes of one seed side by side', async () => {
  const seed = 3;
  const { page, faults } = await openPage(browser, `${url}#/plane?view=0,0,6&show=codes&seed=${seed}`);
  await page.getByRole('button', { name: 'Compare with GANs' }).click();
  const models = ['fashion-vae', 'fashion-gan', 'fashion-vae-gan'].map((id) => (EXPERIMENTS.get(id) ?? GANS.get(id))!);
  for (const [i, experiment] of models.entries()) {
    const pictures = `.inventions > :nth-child(${i + 1}) canvas:not(.waiting)`;
    await page.locator(pictures).nth(24).waitFor();
    const codes = normalOnHost(25 * experiment.latent, { seed });
    await expectPictures(page, pictures, await decodedBy(experiment, codes));
  }
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Draw 25 new codes' }).click();
  await expect.poll(() => page.url(), PATIENT).toContain(`seed=${seed + 1}`);
  expect(faults).toEqual([]);
  await page.close();
});

test.each(['fashion-gan', 'fashion-vae-gan'])('%s draws garments to pick from, and one is steered', async (id) => {
  const [seed, picked, way] = [5, 7, 1.5];
  const experiment = GANS.get(id)!;
  const { latent } = experiment;
  const { model, tensors } = fitWeights(experiment, [{ name: id, ...readSafetensors(untrained(experiment), id) }]);
  const kernel = tensors.get(`${model.decoder.name}.dense.kernel`)!.data;
  const direction = steepestDirections(kernel, latent, 1);
  const codes = normalOnHost(25 * latent, { seed });
  const steered = codes.slice(picked * latent, (picked + 1) * latent).map((value, e) => value + way * direction[e]!);
  const expected = await decodedBy(experiment, Float32Array.of(...codes, ...steered));
  const size = expected.length / 26;

  const { page, faults } = await openPage(browser, `${url}#/cartoons?model=${id}&seed=${seed}&a=${picked}`);
  await page.getByRole('heading', { name: 'Garments', exact: true }).waitFor();
  await page.locator('.faces canvas:not(.waiting)').nth(24).waitFor();
  await expectPictures(page, '.faces canvas', expected.subarray(0, 25 * size));
  const slider = page.getByRole('slider', { name: 'Direction 1' });
  await slider.waitFor();
  await slider.fill(String(way));
  const shown = () => expectPictures(page, '.steer > canvas', expected.subarray(25 * size)).then(() => true);
  await expect.poll(() => shown().catch(() => false), PATIENT).toBe(true);
  expect(await violations(page)).toEqual([]);
  expect(faults).toEqual([]);
  await page.close();
});
