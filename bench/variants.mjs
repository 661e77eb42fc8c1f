/**
 * Tunes the tile parameters of the products (packages/tensor/src/tiles.ts) on this machine's adapter: bundles variants.ts and runs it.
 *
 *   node bench/variants.mjs [samples a batch]      default: 128
 */
import { build } from 'esbuild';

const outfile = new URL('../packages/tensor/node_modules/.cache/variants.mjs', import.meta.url).pathname;
await build({
  entryPoints: [new URL('variants.ts', import.meta.url).pathname],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  loader: { '.wgsl': 'text' },
  external: ['webgpu', '@sparticuz/chromium'],
});
await import(outfile);
