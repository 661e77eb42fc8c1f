import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { randomOf } from './mutate.ts';
import { readersIn } from './readers.ts';

/** A sample; `scripts/fuzz.mjs` runs 20 000 and more, and also checks time and allocations. */
const INPUTS = 150;

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

const readers = readersIn(folder, fileURLToPath(new URL('../../..', import.meta.url)));

test.each(Object.entries(readers))('%s: for any file, a result or one of its own errors', async (_, reader) => {
  for (let i = 0; i < INPUTS; i++) {
    const input = reader.input(randomOf(7_000_003 + i));
    try {
      await reader.read(input);
    } catch (error) {
      expect(reader.errors, `input ${i}: ${error}`).toContain((error as Error).name);
    }
  }
});
