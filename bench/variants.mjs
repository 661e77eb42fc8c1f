/**
 * Tunes the tile parameters of the products (packages/tensor/src/tiles.ts) on this machine's adapter: bundles variants.ts and runs it.
 *
 *   node bench/variants.mjs [samples a batch] [parameters]      default: 128, all
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const outfile = fileURLToPath(new URL('../packages/tensor/node_modules/.cache/variants.mjs', import.meta.url));
await build({
  entryPoints: [fileURLToPath(new URL('variants.ts', import.meta.url))],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  loader: { '.wgsl': 'text' },
  external: ['webgpu', '@sparticuz/chromium'],
});
await import(pathToFileURL(outfile).href);
