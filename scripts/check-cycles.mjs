/** Ends with exit code 1 if source files import each other in a circle when they run. Imports of types don't count: esbuild drops them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const sources = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name, 'src'))
  .filter(existsSync)
  .flatMap((src) => readdirSync(src, { recursive: true }).map((path) => join(src, path)))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'));

/** Packages of others are not looked into. */
const ownOnly = {
  name: 'own-only',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@hourglass/') ? undefined : { external: true },
    ),
};
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: sources,
  plugins: [ownOnly],
  outdir: join(root, 'unwritten'),
  write: false,
  metafile: true,
  bundle: true,
  conditions: ['@hourglass/source'],
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.wgsl': 'text', '.css': 'empty' },
  logLevel: 'error',
});

/** The files on the way from an entry to the one that is looked at, and those from which no circle can be reached. */
const way = [];
const done = new Set();
const circles = [];
function visit(file) {
  if (done.has(file)) return;
  const start = way.indexOf(file);
  if (start >= 0) {
    circles.push([...way.slice(start), file].join('\n    -> '));
    return;
  }
  way.push(file);
  for (const { path, external } of metafile.inputs[file]?.imports ?? []) if (!external) visit(path);
  way.pop();
  done.add(file);
}
Object.keys(metafile.inputs).forEach(visit);
for (const circle of circles)
  console.error(`Files import each other in a circle; move what both need into a third:\n  ${circle}`);
if (circles.length > 0) process.exitCode = 1;
