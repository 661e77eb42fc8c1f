/**
 * Bundles the command into dist/hourglass.js, which starts several times faster than its sources would, with the workers
 * that decode images and read Keras files, and the trained weights, beside it. `node build.mjs [folder]`: into another folder
 * than dist.
 * Packages with native code or data files can't go into a bundle: they are its `dependencies`, all others
 * `devDependencies`.
 */
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const { dependencies, optionalDependencies } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
);

const outdir = resolve(import.meta.dirname, process.argv[2] ?? 'dist');

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: {
    hourglass: 'src/hourglass.ts',
    'keras-worker': 'src/model/keras-worker.ts',
    'png-worker': '@hourglass/datasets/png-worker',
  },
  outdir,
  bundle: true,
  conditions: ['@hourglass/source'],
  format: 'esm',
  platform: 'node',
  target: 'node20',
  loader: { '.wgsl': 'text' },
  external: Object.keys({ ...dependencies, ...optionalDependencies }),
  // CommonJS packages in the bundle call `require`, which ES modules don't have.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module';\nconst require = requireFor(import.meta.url);",
  },
  logLevel: 'warning',
});

// The trained weights that ship; what only the web demo needs stays behind.
const shipped = resolve(import.meta.dirname, '../experiments/checkpoints');
const copies = resolve(outdir, 'checkpoints');
cpSync(shipped, copies, { recursive: true, filter: (path) => !path.endsWith('codes.safetensors') });
for (const name of readdirSync(copies))
  if (!existsSync(resolve(shipped, name))) rmSync(resolve(copies, name), { recursive: true, force: true });

copyFileSync(resolve(import.meta.dirname, '../../LICENSE'), resolve(import.meta.dirname, 'LICENSE'));
