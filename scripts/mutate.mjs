/**
 * Breaks the code in one place after the other and sees whether the tests notice: `npm run mutate -- [--only TEXT] [--list]`. The mutants
 * are in mutants.mjs; `--only`, as often as you like, takes those whose file or name holds the text. Each is made in a copy of the working tree in the
 * temporary folder, so that the tree itself stays whole. Prints a row a mutant: killed, if a test failed, or survived. Exit code 1 if one
 * survived, if a text to replace is not there just once, or if the tests fail before anything is broken.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.mjs';

/** Tests that take so long have been broken too: a loop that does not end. */
const TIMEOUT = 10 * 60_000;

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } } });
const root = join(import.meta.dirname, '..');
const { only = [''] } = values;
const chosen = MUTANTS.filter(({ file, name }) => only.some((text) => file.includes(text) || name.includes(text)));
if (values.list) {
  for (const { file, name } of chosen) console.log(`${file}: ${name}`);
  process.exit();
}

const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
process.on('SIGINT', () => process.exit(130));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
copyTree();

const files = [...new Set(chosen.flatMap(({ tests }) => tests))];
if (files.length === 0) throw new Error(`No mutant's file or name holds '${only.join(', ')}'; --list shows them.`);
console.log(`${chosen.length} mutants; first their tests as they are: ${files.join(', ')}`);
if (!passes(files, 'inherit')) throw new Error('The tests fail before anything is broken. Mend that first.');

let survivors = 0;
for (const { file, name, text, replacement, tests } of chosen) {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  if (whole.split(text).length !== 2) {
    throw new Error(`${file} should have this just once, for the mutant '${name}'; mend mutants.mjs:\n${text}`);
  }
  const begun = performance.now();
  writeFileSync(
    path,
    whole.replace(text, () => replacement),
  );
  const survived = passes(tests);
  writeFileSync(path, whole);
  if (survived) survivors++;
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(`| ${survived ? 'SURVIVED' : 'killed'} | ${file} | ${name} | ${seconds} s |`);
}
console.log(`mutants: ${chosen.length - survivors} killed, ${survivors} survived`);
process.exitCode = survivors > 0 ? 1 : 0;

/** The files that git knows or would add, and the packages' links to each other; what is installed is shared. */
function copyTree() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const there = String(listed).split('\0').filter(Boolean);
  for (const path of there) {
    try {
      cpSync(join(root, path), join(copy, path));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error; // removed, but still known to git
    }
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    const links = join('packages', name, 'node_modules');
    const wanted = (path) => !path.includes('node_modules/.') || path.includes('node_modules/.bin');
    cpSync(join(root, links), join(copy, links), { recursive: true, verbatimSymlinks: true, filter: wanted });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

function passes(tests, stdio = 'ignore') {
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', 'node', '--bail', '1', '--reporter', 'dot', ...tests];
  const { status } = spawnSync(process.execPath, args, { cwd: copy, stdio, timeout: TIMEOUT });
  return status === 0;
}
