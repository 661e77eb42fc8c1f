import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Imports `*.wgsl` as text, as esbuild's text loader does in the bundles. */
const wgsl = {
  name: 'wgsl-as-text',
  load: (id: string) =>
    id.endsWith('.wgsl') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined,
};

export default defineConfig({
  plugins: [wgsl],
  test: {
    include: ['packages/*/test/**/*.test.ts'],
    pool: 'forks', // Dawn is a native addon with state of its own: a process each, not a thread each
    maxWorkers: 2, // each has a software adapter that uses all cores by itself
    reporters: ['default', './scripts/tally-reporter.ts'],
    // A software driver compiles kernels for minutes where nothing is cached yet.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
