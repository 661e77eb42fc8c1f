/**
 * Bundles the package in the working directory for publication: every file in its `exports`, to the same place in
 * dist/. Its dependencies stay imports; everything else (such as the kernels' text) goes into the bundle.
 */
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { exports, dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: Object.values(exports).flatMap((entry) => entry['@hourglass/source'] ?? []),
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true, // a class that two entries share must stay one class
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  sourcemap: true,
  loader: { '.wgsl': 'text' },
  external: ['node:*', ...Object.keys({ ...dependencies, ...optionalDependencies })],
  logLevel: 'warning',
});
copyFileSync(new URL('../LICENSE', import.meta.url), 'LICENSE');
