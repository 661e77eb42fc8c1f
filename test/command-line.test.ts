import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const run = (...args: string[]) =>
  spawnSync(process.execPath, args, { cwd: new URL('..', import.meta.url), encoding: 'utf8' });

test.each([
  'bench/gpu/pack.mjs',
  'bench/gpu/run.mjs',
  'conformance/run.mjs',
  'packages/apps-web/build.mjs',
  'scripts/mutate.mjs',
  'scripts/search-recipes.mjs',
])('%s refuses an unknown option without a stack', (script) => {
  const { status, stderr } = run(script, '--nonsense');
  expect(status).toBe(2);
  expect(stderr).toContain("Unknown option '--nonsense'.\n");
  expect(stderr).not.toContain('    at ');
});

test.each([
  [['scripts/ship-checkpoint.mjs', 'no-such-run'], 'no-such-run'],
  [['scripts/search-recipes.mjs', 'ecg', '--data-dir', '/no-such-folder'], '/no-such-folder'],
  [['packages/apps-web/build.mjs', '--checkpoints', '/no-such-folder'], '/no-such-folder'],
])('%s names the missing folder without a stack', (args, name) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(name);
  expect(stderr).not.toContain('    at ');
});

test('--help prints the options', () => {
  const { status, stdout } = run('conformance/run.mjs', '--help');
  expect(status).toBe(0);
  expect(stdout).toContain('[--seed N]');
});
