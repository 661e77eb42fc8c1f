import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FileFormatError } from '@hourglass/nn';
import { readKeras } from '@hourglass/nn/keras';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readKerasInThread } from '../src/model/keras-thread.ts';

const bytes = readFileSync(new URL('../../nn/test/keras/decoder.h5', import.meta.url));

let folder: string;
let program: URL;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keras-'));
  execFileSync(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url)), folder]);
  program = pathToFileURL(join(folder, 'keras-worker.js'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A worker with another program. */
const script = (text: string): URL => new URL(`data:text/javascript,${encodeURIComponent(text)}`);

test('a file read in a thread gives the same result and the same errors', async () => {
  expect(await readKerasInThread(bytes, 'decoder.h5', { program })).toEqual(readKeras(bytes, 'decoder.h5'));
  const reading = readKerasInThread(bytes.subarray(0, 1000), 'decoder.h5', { program });
  await expect(reading).rejects.toThrow(FileFormatError);
  await expect(reading).rejects.toThrow(/decoder\.h5: cut short/);
});

test('a file that keeps the reader busy forever is abandoned', async () => {
  const busy = readKerasInThread(bytes, 'busy.h5', { program: script('for (;;);'), seconds: 0.3 });
  await expect(busy).rejects.toThrow(FileFormatError);
  await expect(busy).rejects.toThrow(/busy\.h5: not read within 0\.3 seconds/);
});

test('a file that needs too much memory is abandoned', async () => {
  const program = script('const all = []; for (;;) all.push(new Array(1e6).fill(0.5));');
  const greedy = readKerasInThread(bytes, 'greedy.h5', { program });
  await expect(greedy).rejects.toThrow(FileFormatError);
  await expect(greedy).rejects.toThrow(/greedy\.h5: needs far more memory than a file of 20072 bytes should/);
});
