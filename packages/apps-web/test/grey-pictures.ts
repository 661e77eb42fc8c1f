import { type Experiment, fitWeights, TrainedModel } from '@hourglass/experiments';
import { readSafetensors } from '@hourglass/nn';
import { openDevice } from '@hourglass/testing/device';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { untrained } from './site.ts';

/** What an experiment's untrained model decodes, computed outside the page. */
export async function decodedBy(experiment: Experiment, codes: Float32Array): Promise<Float32Array> {
  const { tensors } = readSafetensors(untrained(experiment), 'untrained');
  const model = TrainedModel.from(await openDevice(), fitWeights(experiment, [{ name: 'untrained', tensors }]));
  return model.decode(codes);
}

/** Expects grey pictures on the page, all those that match the selector, to show these rows. */
export async function expectPictures(page: Page, selector: string, rows: Float32Array): Promise<void> {
  const shown = await page.locator(selector).evaluateAll((canvases) =>
    canvases.flatMap((canvas) => {
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, 28, 28);
      return [...data].filter((_, i) => i % 4 === 0);
    }),
  );
  const style = (name: string) =>
    page.evaluate((token) => getComputedStyle(document.documentElement).getPropertyValue(token), name);
  const red = (hex: string): number => Number.parseInt(hex.trim().slice(1, 3), 16);
  const [paper, ink] = [red(await style('--picture-paper')), red(await style('--picture-ink'))];
  expect(shown).toHaveLength(rows.length);
  // Half a level of red for rounding, and a thousandth of the range for the model.
  const worst = Math.max(...shown.map((value, i) => Math.abs(value - (paper + (ink - paper) * rows[i]!))));
  expect(worst).toBeLessThan(0.5 + 0.001 * Math.abs(ink - paper) + 1e-6);
}
