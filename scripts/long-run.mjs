/**
 * Trains an autoencoder on Fashion-MNIST for a long time: `node scripts/long-run.mjs [--minutes 60]`. Prints a row per
 * epoch of about a minute: memory of the process and of the GPU, the losses, the rate that the progress line shows, and
 * the rate by the clock. Exit code 1 if memory grows after the first tenth of the time (the warm-up), if the rates
 * differ by more than 1%, or if the loss does not fall.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readOptions } from './command-line.mjs';

const USAGE = 'node scripts/long-run.mjs [--minutes N]';
const { values } = readOptions(USAGE, { options: { minutes: { type: 'string' } } });
const packages = join(import.meta.dirname, '../packages');
const bundle = mkdtempSync(join(packages, 'apps-cli/node_modules/.long-run-'));
try {
  await build({
    entryPoints: [join(import.meta.dirname, 'long-run-program.mjs')],
    outfile: join(bundle, 'program.mjs'),
    bundle: true,
    conditions: ['@hourglass/source'],
    format: 'esm',
    platform: 'node',
    loader: { '.wgsl': 'text' },
    external: ['webgpu', '@sparticuz/chromium'],
    banner: { js: "import { createRequire as c } from 'node:module'; const require = c(import.meta.url);" },
  });
  execFileSync(process.execPath, ['--expose-gc', join(bundle, 'program.mjs'), values.minutes ?? '60'], {
    stdio: 'inherit',
  });
} catch (error) {
  if (error.status === undefined) throw error;
  process.exitCode = 1;
} finally {
  rmSync(bundle, { recursive: true, force: true });
}
