/**
 * Compares the engine with results of other libraries:
 * `npm run conformance [-- --part PART] [--seed N] [--count N] [--store] [--python PATH]`.
 *
 * PART, which may be repeated, is `operations` (each operation and its gradients on random shapes, compared with
 * PyTorch in float64), `graphs` (random graphs of up to 40 operations, each as a whole, operation by operation, and in
 * pieces), `onnx` (ONNX's own node tests) or `keras` (random models, five Adam steps). Default: all. A part whose
 * Python packages are missing is skipped, with a message. `--python` names the interpreter (default python3). `--store`
 * writes the sample that `npm test` runs, conformance/sample.json, and runs nothing. Exit code 1 if a case failed or
 * there was nothing to run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readOptions, refuse } from '../scripts/command-line.mjs';

/** The default number of random cases, and the ways in which each is computed. */
const PARTS = {
  operations: { count: 900, ways: ['whole'] },
  graphs: { count: 300, ways: ['whole', 'apart', 'pieces'] },
  onnx: { count: 0, ways: ['whole'] },
  keras: { count: 100, ways: ['whole'] },
};
/** The sample: few enough cases, with small enough inputs, to keep the file below 300 kB. */
const SAMPLE = { operations: ['--count', '84', '--largest', '40'], graphs: ['--count', '12', '--largest', '40'] };
const SAMPLE_ONNX = 110;
/** Longest ONNX case in the sample, in characters. */
const SAMPLE_LARGEST = 1400;

const USAGE = 'npm run conformance -- [--part PART] [--seed N] [--count N] [--store] [--python PATH]';
const { values } = readOptions(USAGE, {
  options: {
    part: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    count: { type: 'string' },
    store: { type: 'boolean' },
    python: { type: 'string', default: 'python3' },
  },
});
const { python } = values;
const folder = mkdtempSync(join(import.meta.dirname, '../packages/apps-cli/node_modules/.conformance-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const parts = values.store ? ['operations', 'graphs', 'onnx'] : (values.part ?? Object.keys(PARTS));
const unknown = parts.find((part) => PARTS[part] === undefined);
if (unknown !== undefined) refuse(`There is no part '${unknown}'; the parts are ${Object.keys(PARTS).join(', ')}.`);

if (values.store) {
  const sample = {};
  for (const part of parts) {
    const found = generate(part, SAMPLE[part] ?? []);
    if (found === undefined) process.exit(1);
    sample[part] = part === 'onnx' ? everyFew(found.cases) : found.cases;
  }
  const path = join(import.meta.dirname, 'sample.json');
  const lines = Object.entries(sample).map(([part, cases]) => {
    const texts = cases.map((given) => JSON.stringify(given));
    return `${JSON.stringify(part)}: [\n${texts.join(',\n')}\n]`;
  });
  writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`);
  const counts = Object.entries(sample).map(([part, cases]) => `${cases.length} ${part}`);
  console.log(`${path}: ${counts.join(', ')}, ${(readFileSync(path).length / 1000).toFixed(0)} kB`);
  process.exit();
}

await build({
  entryPoints: [join(import.meta.dirname, 'program.ts')],
  outfile: join(folder, 'program.mjs'),
  bundle: true,
  conditions: ['@hourglass/source'],
  format: 'esm',
  platform: 'node',
  loader: { '.wgsl': 'text' },
  external: ['webgpu', '@sparticuz/chromium'],
  banner: { js: "import { createRequire as c } from 'node:module'; const require = c(import.meta.url);" },
});

const rows = [];
let failed = 0;
for (const part of parts) {
  const found = generate(part, ['--count', values.count ?? String(PARTS[part].count)]);
  if (found === undefined) continue;
  const { ways } = PARTS[part];
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(folder, 'program.mjs'), join(folder, `${part}.json`), ...ways],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const answers = lines.map((line) => JSON.parse(line));
  const problems = answers.filter(({ problem }) => problem !== undefined);
  const adapter = answers.at(-1)?.adapter;
  if (status !== 0 || adapter === undefined) {
    console.error(`The program of part ${part} ended with code ${status} before its last case.`);
    failed++;
  }
  for (const { name, way, problem } of problems) console.log(`FAILED ${part}, ${name}, ${way}: ${problem}`);
  failed += problems.length;
  const refused = answers.filter((answer) => answer.refused !== undefined).length;
  if (refused > 0)
    console.log(`${part}: ${refused} cases can't be cut small enough, and throw; they count as not computed.`);
  const runs = found.cases.length * ways.length - refused;
  rows.push([
    part,
    found.versions.join(', '),
    found.cases.length,
    runs,
    runs - problems.length,
    problems.length,
    adapter,
  ]);
  const left = Object.entries(found.leftOut);
  if (left.length > 0) {
    const total = left.reduce((sum, [, count]) => sum + count, 0);
    const most = left.slice(0, 8).map(([reason, count]) => `${reason} ${count}`);
    console.log(`${part}: ${total} tests are not mapped: ${most.join(', ')}, …`);
  }
}
console.log(`\nseed ${values.seed}\n`);
console.log(
  '| part | against | cases | computed | passed | failed | adapter |\n| --- | --- | --- | --- | --- | --- | --- |',
);
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
process.exitCode = failed > 0 || rows.length === 0 ? 1 : 0;

/** The cases of a part. If Python or a package is missing, prints the reason and returns undefined. */
function generate(part, options) {
  const path = join(folder, `${part}.json`);
  const script = join(import.meta.dirname, 'cases.py');
  const args = ['-W', 'ignore', script, part, path, '--seed', values.seed, ...options];
  const { status, stderr, error } = spawnSync(python, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error !== undefined || status === 3) {
    const reason =
      error === undefined ? stderr.trim().split('\n').at(-1) : `${python} does not start: ${error.message}`;
    console.log(`SKIPPED ${part}: ${reason}`);
    return undefined;
  }
  if (status !== 0) {
    console.error(stderr);
    process.exit(1);
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** As many of the small cases as the sample takes, evenly spaced. */
function everyFew(cases) {
  const small = cases.filter((given) => JSON.stringify(given).length <= SAMPLE_LARGEST);
  const step = Math.max(1, small.length / SAMPLE_ONNX);
  return Array.from({ length: Math.min(small.length, SAMPLE_ONNX) }, (_, i) => small[Math.floor(i * step)]);
}
