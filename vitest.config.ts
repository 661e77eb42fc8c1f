import { readFileSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumOptions } from './packages/apps-web/test/chromium.ts';

/** Imports `*.wgsl` as text, as esbuild's text loader does in the bundles. */
const wgsl = {
  name: 'wgsl-as-text',
  enforce: 'pre' as const,
  load: (id: string) =>
    id.endsWith('.wgsl') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined,
};

/** Packages of this repository are tested as their sources, not as what was built of them. */
const IN_NODE = ['@hourglass/source', 'module', 'node'];
const IN_BROWSER = ['@hourglass/source', 'module', 'browser'];

/** In a browser the adapter comes from the page, and tests that need Node's stay outside. */
const pageAdapter = {
  name: 'page-adapter',
  enforce: 'pre' as const,
  resolveId: (id: string, importer?: string) =>
    id === '@hourglass/node' && importer?.endsWith('testing/src/device.ts')
      ? importer.replace('device.ts', 'browser-adapter.ts')
      : undefined,
};

const limits = {
  // A software driver compiles kernels for minutes where nothing is cached yet.
  testTimeout: 900_000,
  hookTimeout: 900_000,
};

export default defineConfig({
  test: {
    maxWorkers: 2, // each has a software adapter that uses all cores by itself
    reporters: ['default', './scripts/tally-reporter.ts'],
    projects: [
      {
        plugins: [wgsl],
        resolve: { conditions: IN_NODE },
        ssr: { resolve: { conditions: IN_NODE } },
        test: {
          name: 'node',
          include: ['packages/*/test/**/*.test.ts', 'test/*.test.ts'],
          pool: 'forks', // Dawn is a native addon with state of its own: a process each, not a thread each
          ...limits,
        },
      },
      {
        plugins: [wgsl, pageAdapter],
        resolve: { conditions: IN_BROWSER },
        test: {
          name: 'browser',
          include: [
            ...[
              'caller',
              'elementwise',
              'reduce',
              'movement',
              'extremes',
              'gather',
              'random',
              'tune',
              'oracles/operations',
            ].map((file) => `packages/tensor/test/${file}.test.ts`),
            'packages/apps-web/test/tuning.browser.ts',
          ],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: await chromiumOptions() }),
            instances: [{ browser: 'chromium' }],
          },
          ...limits,
        },
      },
    ],
  },
});
