import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { PNG } from 'pngjs';

/** Compiles the worker, as Node 20 can't run TypeScript. */
export async function buildWorker(): Promise<URL> {
  const outfile = join(await mkdtemp(join(tmpdir(), 'png-worker-')), 'png-worker.cjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../datasets/src/node/png-worker.ts', import.meta.url))],
    bundle: true,
    conditions: ['@hourglass/source'],
    platform: 'node',
    format: 'cjs',
    outfile,
    logLevel: 'warning',
  });
  return pathToFileURL(outfile);
}

/** A PNG file of one colour (red, green, blue, alpha), by default 16x16. */
export function plainPng(color: readonly number[], imageSize = 16): Uint8Array<ArrayBuffer> {
  const png = new PNG({ width: imageSize, height: imageSize });
  for (let i = 0; i < imageSize * imageSize; i++) png.data.set(color, 4 * i);
  return new Uint8Array(PNG.sync.write(png));
}

/** The n-th file of a made-up set: its name, and a picture in a unique colour. */
export function numbered(n: number): { name: string; png: Uint8Array<ArrayBuffer>; color: number[] } {
  const color = [n % 256, (n * 37) % 256, (n * 91) % 256];
  return { name: `cs${1000 + n}.png`, png: plainPng([...color, 255]), color };
}
