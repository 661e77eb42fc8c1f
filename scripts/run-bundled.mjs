/** Bundles and runs a script of this folder that is in TypeScript, as Node 20 can't run TypeScript. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { refuse, wrongOption } from './command-line.mjs';

/** The errors whose message is for the user. */
const MISTAKES = ['UsageError', 'DataError', 'FileFormatError', 'WeightsError', 'LayersError', 'NoAdapterError'];

/** @param {string} name the script's name, without its extension */
export async function runBundled(name) {
  const cli = join(import.meta.dirname, '../packages/apps-cli');
  const bundle = mkdtempSync(join(cli, 'node_modules/.script-'));
  process.on('exit', () => rmSync(bundle, { recursive: true, force: true }));
  await build({
    outdir: bundle,
    bundle: true,
    conditions: ['@hourglass/source'],
    format: 'esm',
    platform: 'node',
    loader: { '.wgsl': 'text' },
    nodePaths: [join(cli, 'node_modules')],
    external: ['webgpu', 'sharp', '@resvg/resvg-js', '@sparticuz/chromium', 'dejavu-fonts-ttf'],
    banner: { js: "import { createRequire as c } from 'node:module'; const require = c(import.meta.url);" },
    entryPoints: {
      script: join(import.meta.dirname, `${name}.ts`),
      'png-worker': join(cli, '../datasets/src/node/png-worker.ts'),
      'keras-worker': join(cli, 'src/model/keras-worker.ts'),
    },
  });
  await import(pathToFileURL(join(bundle, 'script.js')).href).catch((error) => {
    if (MISTAKES.includes(error.name)) refuse(error.message);
    if (error.code === 'ENOENT') refuse(`There is no ${error.path}.`);
    const sentence = wrongOption(error);
    if (sentence === undefined) throw error;
    refuse(sentence);
  });
}
