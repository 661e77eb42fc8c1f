/** Exits with code 1 if source files import each other in a cycle. Type imports don't count: esbuild drops them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const sources = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name, 'src'))
  .filter(existsSync)
  .flatMap((src) => readdirSync(src, { recursive: true }).map((path) => join(src, path)))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'));

/** Third-party packages are not checked. */
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

/** The files on the path from an entry to the current file, and the files that are fully visited. */
const path = [];
const done = new Set();
const cycles = [];
function visit(file) {
  if (done.has(file)) return;
  const start = path.indexOf(file);
  if (start >= 0) {
    cycles.push([...path.slice(start), file].join('\n    -> '));
    return;
  }
  path.push(file);
  for (const { path: next, external } of metafile.inputs[file]?.imports ?? []) if (!external) visit(next);
  path.pop();
  done.add(file);
}
Object.keys(metafile.inputs).forEach(visit);
for (const cycle of cycles)
  console.error(`Files import each other in a cycle; move the code that both need into a third file:\n  ${cycle}`);
if (cycles.length > 0) process.exitCode = 1;
