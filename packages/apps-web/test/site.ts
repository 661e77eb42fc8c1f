import { execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Calibration, calibrationMetadata, EXPERIMENTS, type Experiment, GANS } from '@hourglass/experiments';
import { type StoredTensor, writeSafetensors } from '@hourglass/nn';
import { sizeOf, uniformOnHost } from '@hourglass/tensor';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

export interface Site {
  readonly url: string;
  readonly close: () => void;
}

/** The files that ship for an experiment. */
export interface Shipped {
  readonly id: string;
  /** Image size, where the experiment leaves it open. */
  readonly size?: number;
  /** Tensors of `codes.safetensors`, beside the model. */
  readonly codes?: Iterable<[string, StoredTensor]>;
  /** Stored with the weights of a detector. */
  readonly calibration?: Calibration;
}

/** Builds the site, with untrained checkpoints of these experiments, and serves it until it is closed. */
export async function serveSite(experiments: readonly (string | Shipped)[]): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-site-'));
  for (const experiment of experiments) {
    const { id, size, codes, calibration }: Shipped = typeof experiment === 'string' ? { id: experiment } : experiment;
    const own = join(folder, 'checkpoints', id);
    await mkdir(own, { recursive: true });
    await writeFile(
      join(own, 'model.safetensors'),
      untrained((EXPERIMENTS.get(id) ?? GANS.get(id))!, size, calibration),
    );
    if (codes !== undefined) await writeFile(join(own, 'codes.safetensors'), writeSafetensors(codes));
  }
  await mkdir(join(folder, 'checkpoints'), { recursive: true });
  const site = join(folder, 'site');
  const args = ['build.mjs', '--out', site, '--checkpoints', join(folder, 'checkpoints')];
  await run(process.execPath, args, { cwd: PACKAGE, env: { ...process.env, INIT_CWD: PACKAGE } });
  const server = spawn(process.execPath, ['preview.mjs', site], { cwd: PACKAGE, stdio: ['ignore', 'pipe', 'inherit'] });
  const close = () => {
    server.kill();
    rmSync(folder, { recursive: true });
  };
  return new Promise((resolve, reject) => {
    server.stdout.on('data', (text: Buffer) => resolve({ url: String(text).trim(), close }));
    server.on('exit', () => reject(new Error("The site's server stopped.")));
  });
}

/** Weights of the right shapes that decode different codes to different pictures. */
export function untrained(experiment: Experiment, size?: number, calibration?: Calibration): Uint8Array {
  const { encoder, decoder } = experiment.build({ latent: experiment.latent, size });
  const tensors = [...encoder.weights, ...decoder.weights].map(
    ({ name, shape, initial }, step): [string, StoredTensor] => {
      const uniform = uniformOnHost(sizeOf(shape), { seed: 1, step });
      const data = initial === 'glorotUniform' ? uniform.map((u) => u - 0.5) : uniform.fill(initial === 'ones' ? 1 : 0);
      return [name, { shape, data }];
    },
  );
  const stored = calibration && calibrationMetadata(calibration);
  return writeSafetensors(tensors, { 'hourglass.experiment': experiment.id, ...stored });
}

/** A code for each of ten classes, on a circle. */
export function someCodes(): [string, StoredTensor][] {
  const classes = Float32Array.from({ length: 10 }, (_, i) => i);
  const codes = Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? Math.cos : Math.sin)(Math.floor(i / 2)));
  return [
    ['codes', { shape: [10, 2], data: codes }],
    ['classes', { shape: [10], data: classes }],
  ];
}

/**
 * Opens a page and collects its faults: logged errors, uncaught errors, and requests to any host except the site.
 *
 * @param prepare runs in the page before its own scripts
 */
export async function openPage(
  browser: Browser,
  url: string,
  prepare?: () => void,
): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000); // SwiftShader compiles slowly
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error.stack)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(new URL(url).origin))
      faults.push(request.url());
  });
  if (prepare !== undefined) await page.addInitScript(prepare);
  await page.goto(url);
  return { page, faults };
}

/** For `expect.poll`: on a busy machine everything can take long. */
export const PATIENT = { timeout: 120_000, interval: 200 };

/** The pixels of a canvas, as comparable text. */
export function canvasOf(page: Page, selector: string): Promise<string> {
  return page
    .locator(selector)
    .first()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

/** Waits until a canvas no longer shows `before`. */
export async function expectChange(page: Page, selector: string, before: string): Promise<void> {
  await expect.poll(() => canvasOf(page, selector), PATIENT).not.toBe(before);
}
