import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
let outputs: Metafile['outputs'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'size-'));
  const { bundleOptions } = (await import(new URL('../build.mjs', import.meta.url).href)) as {
    bundleOptions: (options: { outdir: string }) => BuildOptions;
  };
  const { metafile } = await build({ ...bundleOptions({ outdir: folder }), metafile: true });
  outputs = metafile.outputs;
});
afterAll(() => rm(folder, { recursive: true }));

const PACKAGE = new URL('..', import.meta.url).pathname;
const kilobytes = (paths: Iterable<string>): number =>
  [...paths].reduce((sum, path) => sum + gzipSync(readFileSync(join(PACKAGE, path)), { level: 9 }).length, 0) / 1000;

/** The scripts that a script needs before it runs, and itself. */
function needed(path: string, known = new Set<string>()): Set<string> {
  if (known.has(path)) return known;
  known.add(path);
  for (const { path: other, kind } of outputs[path]!.imports) if (kind === 'import-statement') needed(other, known);
  return known;
}

const outputOf = (entry: string): string =>
  Object.keys(outputs).find((path) => outputs[path]!.entryPoint === entry && path.endsWith('.js'))!;

test('the first page and its worker need few bytes of scripts', () => {
  const page = needed(outputOf('src/pages/start/start-page.tsx'), needed(outputOf('src/main.tsx')));
  const worker = needed(outputOf('src/engine/worker.ts'));
  expect(kilobytes(page)).toBeLessThan(40);
  expect(kilobytes(new Set([...page, ...worker]))).toBeLessThan(125);
});

test('all scripts together need less than 221 kB, a sixth of them only for files of other libraries', () => {
  const onDemand = ['src/engine/onnx.ts', 'src/engine/keras-worker.ts'].map(outputOf);
  const all = Object.keys(outputs).filter((path) => path.endsWith('.js'));
  expect(kilobytes(all)).toBeLessThan(221);
  expect(kilobytes(all.filter((path) => !onDemand.includes(path)))).toBeLessThan(185);
});
