import { readFileSync } from 'node:fs';
import { openDevice } from '@hourglass/testing/device';
import { describe, expect, test } from 'vitest';
import { type Case, problemOf } from '../conformance/evaluate.ts';

const device = await openDevice();
const sample = JSON.parse(readFileSync(new URL('../conformance/sample.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, readonly Case[]>
>;

/** Few enough that the kernels of one batch compile in about a second. */
const BATCH = 20;

describe.each(Object.entries(sample))('%s', (_, cases) => {
  const batches = Array.from({ length: Math.ceil(cases.length / BATCH) }, (_, i) => i * BATCH);
  test.each(batches)('cases from %i on give the stored numbers', async (first) => {
    const problems = await Promise.all(
      cases
        .slice(first, first + BATCH)
        .map(async (given) => ({ name: given.name, problem: await problemOf(device, given) })),
    );
    expect(problems.filter(({ problem }) => problem !== undefined)).toEqual([]);
  });
});
