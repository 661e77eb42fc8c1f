/**
 * Turns a run into the checkpoint that ships with the project:
 * `node scripts/ship-checkpoint.mjs runs/... --data-dir D [--out FOLDER]`. The work is in ship-checkpoint.ts; this file
 * bundles it, as Node 20 can't run TypeScript.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const cli = join(import.meta.dirname, '../packages/apps-cli');
const bundle = mkdtempSync(join(cli, 'node_modules/.ship-'));
process.on('exit', () => rmSync(bundle, { recursive: true, force: true }));
const options = {
  outdir: bundle,
  bundle: true,
  conditions: ['@hourglass/source'],
  format: 'esm',
  platform: 'node',
  loader: { '.wgsl': 'text' },
  nodePaths: [join(cli, 'node_modules')],
  external: ['webgpu', '@resvg/resvg-js', '@sparticuz/chromium', 'dejavu-fonts-ttf'],
  banner: { js: "import { createRequire as c } from 'node:module'; const require = c(import.meta.url);" },
};
await build({
  ...options,
  entryPoints: {
    ship: join(import.meta.dirname, 'ship-checkpoint.ts'),
    'png-worker': join(cli, '../datasets/src/node/png-worker.ts'),
    'keras-worker': join(cli, 'src/model/keras-worker.ts'),
  },
});
await import(pathToFileURL(join(bundle, 'ship.js')).href);
