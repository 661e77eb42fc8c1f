import { rm } from 'node:fs/promises';
import { buildWorker, numbered, plainPng } from '@hourglass/testing/cartoon-files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PngPool } from '../src/node/png-pool.ts';

let script: URL;
beforeAll(async () => {
  script = await buildWorker();
});
afterAll(() => rm(new URL('.', script), { recursive: true }));

test('results come in the order of the jobs, each for its own file', async () => {
  const pool = new PngPool(script, 1);
  const files = Array.from({ length: 50 }, (_, n) => numbered(n));
  const decoded = await Promise.all(files.map(({ png }) => pool.decode(png)));
  expect(decoded).toEqual(files.map(({ color }) => Uint8Array.from(color)));
  await pool.close();
});

test('a pool closes at any moment during decoding, and drops waiting jobs', async () => {
  const picture = plainPng([1, 2, 3, 255], 64);
  let decoded = 0;
  let submitted = 0;
  // With terminated threads, two of three runs of this test would crash the process.
  for (let round = 0; round < 150; round++) {
    const pool = new PngPool(script, 16);
    const jobs = Array.from({ length: 500 }, () => pool.decode(picture.slice()).then(() => decoded++));
    submitted += jobs.length;
    await jobs[round % 20];
    await pool.close();
  }
  // All rounds together: while this thread waits for a core, the pool may finish all jobs of one round.
  expect(decoded).toBeLessThan(submitted);
});

test('a pool without a program fails its jobs, and closes', async () => {
  const pool = new PngPool(new URL('file:///nowhere/png-worker.js'), 16);
  await expect(pool.decode(plainPng([1, 2, 3, 255]))).rejects.toThrow('png-worker');
  await pool.close();
});
