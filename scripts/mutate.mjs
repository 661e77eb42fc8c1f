/**
 * Breaks the code in one place after another and checks that the tests notice:
 * `npm run mutate -- [--only TEXT] [--list]`. The mutants are in the folder mutants: in `file`, `text`, which occurs
 * exactly once, becomes `replacement`, and one of `tests` must fail. `--only`, which may be repeated, selects mutants
 * whose file or name contains the text. Each mutant is made in a copy of the working tree in the temporary folder; the
 * tree itself stays unchanged. Prints a row per mutant: killed if a test failed, otherwise survived. Exit code 1 if a
 * mutant survived, if a file or a text is missing (checked before any test runs), or if the tests fail on the unchanged
 * code.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import { readOptions } from './command-line.mjs';
import derivatives from './mutants/derivatives.mjs';
import engine from './mutants/engine.mjs';
import experiments from './mutants/experiments.mjs';
import formats from './mutants/formats.mjs';
import training from './mutants/training.mjs';

const MUTANTS = [...experiments, ...training, ...derivatives, ...engine, ...formats];
/** Milliseconds after which tests count as failed: the mutant has made a loop endless. */
const TIMEOUT = 10 * 60_000;

const USAGE = 'npm run mutate -- [--only TEXT] [--list]';
const { values } = readOptions(USAGE, {
  options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } },
});
const root = join(import.meta.dirname, '..');
const { only = [''] } = values;
const chosen = MUTANTS.filter(({ file, name }) => only.some((text) => file.includes(text) || name.includes(text)));
if (values.list) for (const { file, name } of chosen) console.log(`${file}: ${name}`);
const lost = MUTANTS.flatMap(problemOf);
if (lost.length > 0)
  console.error(`${lost.join('\n')}\n${lost.length} mutants no longer match the code; update scripts/mutants.`);
if (chosen.length === 0)
  console.error(`No mutant's file or name contains '${only.join("' or '")}'; --list shows them.`);
if (lost.length > 0 || chosen.length === 0) process.exit(1);
if (values.list) process.exit();

const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
process.on('SIGINT', () => process.exit(130));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
copyTree();
// One process for all runs: starting the test runner takes longer than most tests.
const vitest = await createVitest('test', { root: copy, watch: false, project: ['node'], bail: 1, reporters: [{}] });
await vitest.standalone();

const files = [...new Set(chosen.flatMap(({ tests }) => tests))];
console.log(`${chosen.length} mutants; first, their tests on the unchanged code: ${files.join(', ')}`);
const failing = await failingOf(files);
if (failing.length > 0) {
  console.error(`These tests fail on the unchanged code; fix them first: ${failing.join(', ')}`);
  process.exit(1);
}

let survivors = 0;
for (const { file, name, text, replacement, tests } of chosen) {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  const begun = performance.now();
  const broken = whole.replace(text, () => replacement);
  change(path, broken);
  const survived = (await failingOf(tests)).length === 0;
  change(path, whole);
  if (survived) survivors++;
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(`| ${survived ? 'SURVIVED' : 'killed'} | ${file} | ${name} | ${seconds} s |`);
}
console.log(`mutants: ${chosen.length - survivors} killed, ${survivors} survived`);
process.exit(survivors > 0 ? 1 : 0);

/** A list with the reason why a mutant can't be made, in a sentence; empty if it can be made. */
function problemOf({ file, name, text, tests }) {
  const missing = [file, ...tests].find((path) => !existsSync(join(root, path)));
  if (missing !== undefined) return [`'${name}': there is no file ${missing}.`];
  const count = readFileSync(join(root, file), 'utf8').split(text).length - 1;
  return count === 1 ? [] : [`'${name}': ${file} contains this text ${count} times, not once:\n  ${text}`];
}

/** Copies the files that git tracks or would add, and the packages' links to each other; shares installed packages. */
function copyTree() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const there = String(listed).split('\0').filter(Boolean);
  for (const path of there) {
    try {
      cpSync(join(root, path), join(copy, path));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error; // removed, but still tracked by git
    }
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    const links = join('packages', name, 'node_modules');
    if (!existsSync(join(root, links))) continue; // a package without dependencies
    const wanted = (path) => !path.includes('node_modules/.') || path.includes('node_modules/.bin');
    cpSync(join(root, links), join(copy, links), { recursive: true, verbatimSymlinks: true, filter: wanted });
  }
  // Third-party packages are the tree's; our own are the copy's, or tests would run two engines.
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const [from, to] = [join(root, 'node_modules', name), join(copy, 'node_modules', name)];
    if (name === '@hourglass') cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    else symlinkSync(from, to);
  }
}

function change(path, text) {
  writeFileSync(path, text);
  vitest.invalidateFile(path);
}

/** The test files that fail or take too long; the first failure ends the run. */
async function failingOf(tests) {
  const specifications = await vitest.globTestSpecifications(tests.map((path) => join(copy, path)));
  const late = setTimeout(endWorkers, TIMEOUT);
  const { testModules } = await vitest.runTestSpecifications(specifications, true);
  clearTimeout(late);
  const passed = new Set(testModules.filter((module) => module.state() === 'passed').map(({ moduleId }) => moduleId));
  return tests.filter((path) => !passed.has(join(copy, path)));
}

/** Kills the test runner's processes, as a process in an endless loop ignores messages. Its tests then fail. */
function endWorkers() {
  const { stdout } = spawnSync('pgrep', ['-P', String(process.pid), '-f', 'vitest'], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
}
