/**
 * Compares the first ten training losses on every adapter that Node finds here and in Chromium: `node
 * scripts/compare-adapters.mjs [--only ecg,fashion]`. Trains by the report's recipe, from the same seed on the same
 * batch of the stand-in. Each run has its own process or page, and is repeated, which must give the same digits. Losses
 * on different adapters should agree to a relative 1e-4; exit code 1 if they don't. For comparison, also prints how far
 * the losses move on the first adapter if the initial weights are off by a rounding.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { readOptions } from './command-line.mjs';

const TOLERANCE = 1e-4;
/** Hides the system's drivers from Dawn, so that it takes SwiftShader. */
const NO_DRIVERS = { VK_ICD_FILENAMES: '/nonexistent', VK_DRIVER_FILES: '/nonexistent' };

const USAGE = 'node scripts/compare-adapters.mjs [--only ID,…]';
const { values } = readOptions(USAGE, { options: { only: { type: 'string' } } });
const packages = join(import.meta.dirname, '../packages');
const bundle = mkdtempSync(join(packages, 'apps-cli/node_modules/.compare-adapters-'));
const urlOf = (file) => pathToFileURL(join(bundle, file)).href;

let failed = false;
try {
  await bundleAll();
  const places = new Set([inNode('hardware'), inNode('software'), inNode('software', NO_DRIVERS)]);
  const { openChromium } = await import(urlOf('chromium.mjs'));
  const browser = await openChromium().catch((error) => missing('Chromium', error.message));
  if (browser !== undefined) places.add(inChromium(browser));
  for (const id of values.only?.split(',') ?? ['ecg', 'fashion', 'fashion-vae']) await compare(id, places);
  await browser?.close();
} finally {
  rmSync(bundle, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

/** Bundles the program for Node and for a page, and the module that starts the browser. */
async function bundleAll() {
  const program = join(import.meta.dirname, 'compare-adapters-program.mjs');
  const shared = { bundle: true, conditions: ['@hourglass/source'], outdir: bundle, loader: { '.wgsl': 'text' } };
  await build({
    ...shared,
    entryPoints: { program, chromium: join(packages, 'apps-web/test/chromium.ts') },
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    platform: 'node',
    alias: { adapter: join(packages, 'node/src/index.ts'), 'playwright-core': 'playwright' },
    external: ['webgpu', '@sparticuz/chromium', 'playwright'],
    banner: { js: "import { createRequire as c } from 'node:module'; const require = c(import.meta.url);" },
  });
  await build({
    ...shared,
    entryPoints: { page: program },
    format: 'iife',
    globalName: 'program',
    alias: { adapter: join(packages, 'testing/src/browser-adapter.ts') },
  });
}

/** Trains in a separate process; undefined if Node finds no such adapter. */
function inNode(choice, env = {}) {
  return (id, options) => {
    const args = `'${id}', ${JSON.stringify({ ...options, choice })}`;
    const call = `(await import('${urlOf('program.mjs')}')).firstLosses(${args})`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', `console.log(JSON.stringify(await ${call}))`],
      { env: { ...process.env, ...env }, encoding: 'utf8' },
    );
    if (status === 0) return JSON.parse(stdout);
    if (!stderr.includes('NoAdapterError')) throw new Error(stderr);
    return missing(`A ${choice} adapter`, 'Node finds none');
  };
}

/** Trains in a separate page. */
function inChromium(browser) {
  return async (id, options) => {
    const page = await browser.newPage();
    await page.route('**', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto('http://localhost/'); // WebGPU works only on localhost or over https
    await page.addScriptTag({ path: join(bundle, 'page.js') });
    const { adapter, losses } = await page.evaluate((args) => globalThis.program.firstLosses(...args), [id, options]);
    await page.close();
    return { adapter: `Chromium ${browser.version()}, ${adapter}`, losses };
  };
}

/** Reports loudly what was not compared. */
function missing(what, reason) {
  console.error(`\nNOT COMPARED: ${what} (${reason}).`);
}

/** Prints the table of an experiment; drops places that offer no adapter, or an adapter already in the table. */
async function compare(id, places) {
  const found = [];
  for (const train of places) {
    const first = await train(id, { seed: 0 });
    if (first === undefined || found.some(({ adapter }) => adapter === first.adapter)) {
      places.delete(train);
      continue;
    }
    const again = await train(id, { seed: 0 });
    const other = await train(id, { seed: 1 });
    const repeats = again.losses.join() === first.losses.join();
    const differs = other.losses.every((loss, i) => loss !== first.losses[i]);
    const apart = mostApart(first, found[0] ?? first);
    found.push({ ...first, apart, repeats, differs });
    failed ||= !repeats || !differs || !(apart <= TOLERANCE);
  }
  const nudged = await [...places][0](id, { seed: 0, nudged: true });
  const row = (name, cell) => console.log(`| ${[name, ...found.map(cell)].join(' | ')} |`);
  console.log();
  row(`${id}, step`, ({ adapter }) => adapter);
  row('---', () => '---');
  found[0].losses.forEach((_, i) => {
    row(i + 1, ({ losses }) => losses[i].toPrecision(9));
  });
  row('largest difference from the first', ({ apart }) => apart.toExponential(1));
  row('… if initial weights are a rounding off', (_, i) =>
    i === 0 ? mostApart(nudged, found[0]).toExponential(1) : '',
  );
  row('repeats to the same digits', ({ repeats }) => (repeats ? 'yes' : 'NO'));
  row('another seed gives other losses', ({ differs }) => (differs ? 'yes' : 'NO'));
}

/** The largest relative difference between two losses of the same step. */
function mostApart({ losses }, reference) {
  return Math.max(...losses.map((loss, i) => Math.abs(loss / reference.losses[i] - 1)));
}
