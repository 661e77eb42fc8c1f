/**
 * Writes the site to dist/: static files that work in any folder on any host. Command-line options:
 *   --data-dir D      also host the test images, some training images and the beats from this folder
 *   --checkpoints D   use these checkpoints instead of the ones that ship
 *   --out D           write to this folder instead of dist/
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { readOptions, refuse } from '../../scripts/command-line.mjs';
import { copyCheckpoints, hostData } from './site-files.mjs';

const root = import.meta.dirname;

/** What `figures/index.ts` of the experiments exports to draw figures into files. */
const DRAWN = /^\.\/(beats|curve|grid|histograms|image|latent|losses|manifold|recording|windows)\.ts$/;

/** What experiments draw into files, and what `evaluate` measures. */
const UNUSED = /\/(image-figures|loss-figure|evaluation)\.ts$|^\.\/figures\.ts$/;

/**
 * Leaves out what draws the figures of experiments into files, and its libraries, and the metrics of `evaluate`: the page
 * draws its own figures, and measures nothing but losses.
 * @type {esbuild.Plugin}
 */
const withoutUnused = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    const nothing = { path: 'nothing', namespace: 'without-unused', sideEffects: false };
    onResolve({ filter: /^(d3-scale|d3-shape|fast-png)$/ }, () => nothing);
    onResolve({ filter: UNUSED }, () => nothing);
    onResolve({ filter: DRAWN }, ({ importer }) =>
      importer.endsWith('experiments/src/figures/index.ts') ? nothing : undefined,
    );
    onLoad({ filter: /./, namespace: 'without-unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * Imports kernels without their comments and indentation.
 * @type {esbuild.Plugin}
 */
const smallKernels = {
  name: 'small-kernels',
  setup({ onLoad }) {
    onLoad({ filter: /\.wgsl$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/\/\/.*$/gm, '').replace(/^\s+/gm, ''),
      loader: 'text',
    }));
  },
};

/** @param {{ outdir: string, development?: boolean }} options */
export function bundleOptions({ outdir, development = false }) {
  return /** @type {esbuild.BuildOptions} */ ({
    absWorkingDir: root,
    // Each worker is a separate file next to the page's; all share chunks.
    entryPoints: { main: 'src/main.tsx', worker: 'src/engine/worker.ts', 'keras-worker': 'src/engine/keras-worker.ts' },
    outdir,
    bundle: true,
    conditions: ['@hourglass/source'],
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    plugins: development ? [withoutUnused] : [withoutUnused, smallKernels],
    loader: { '.wgsl': 'text', '.woff2': 'file' },
    assetNames: 'fonts/[name]',
    chunkNames: 'chunk-[hash]',
    define: { DEVELOPMENT: String(development) },
    minify: !development,
    legalComments: development ? 'inline' : 'linked',
    sourcemap: development ? 'inline' : false,
    logLevel: 'warning',
  });
}

/**
 * Writes everything except the bundles.
 * @param {{ outdir: string, dataDir?: string, checkpoints?: string }} options
 */
export async function writeFiles({ outdir, dataDir, checkpoints = resolve(root, '../experiments/checkpoints') }) {
  await cp(resolve(root, 'static'), outdir, { recursive: true });
  await mkdir(resolve(outdir, 'fonts'), { recursive: true });
  for (const font of ['inter', 'source-serif-4']) {
    const licence = fileURLToPath(import.meta.resolve(`@fontsource-variable/${font}/LICENSE`));
    await cp(licence, resolve(outdir, `fonts/${font}-LICENSE.txt`));
  }
  await copyCheckpoints(checkpoints, resolve(outdir, 'models'));
  await hostData(dataDir, resolve(outdir, 'data'));
}

const USAGE = 'The options are --data-dir DIR, --checkpoints DIR and --out DIR; docs/hosting.md explains them.';

/** The folders named on the command line, relative to the directory in which the user ran pnpm. */
export function folderOptions() {
  const { values } = readOptions(USAGE, {
    options: { 'data-dir': { type: 'string' }, checkpoints: { type: 'string' }, out: { type: 'string' } },
  });
  const fromUser = (path) => path && resolve(process.env.INIT_CWD ?? process.cwd(), path);
  const checkpoints = fromUser(values.checkpoints);
  if (checkpoints !== undefined && !existsSync(checkpoints)) refuse(`There is no folder ${checkpoints}.`);
  return {
    outdir: fromUser(values.out) ?? resolve(root, 'dist'),
    dataDir: fromUser(values['data-dir']),
    checkpoints,
  };
}

if (process.argv[1] === import.meta.filename) {
  const folders = folderOptions();
  await rm(folders.outdir, { recursive: true, force: true });
  await esbuild.build(bundleOptions(folders));
  await writeFiles(folders);
}
