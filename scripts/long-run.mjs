/**
 * Trains the heartbeat detector for a long time: `node scripts/long-run.mjs [--minutes 60]`. Prints a row a minute: memory of the
 * process and of the GPU, the loss, and the rate that the progress line shows against the one by the clock. After the first
 * tenth of the time, which is warm-up, memory must not grow; exit code 1 if it does.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const { values } = parseArgs({ options: { minutes: { type: 'string' } } });
const packages = join(import.meta.dirname, '../packages');
const bundle = mkdtempSync(join(packages, 'apps-cli/node_modules/.long-run-'));
try {
  await build({
    entryPoints: [join(import.meta.dirname, 'long-run-program.mjs')],
    outfile: join(bundle, 'program.mjs'),
    bundle: true,
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
