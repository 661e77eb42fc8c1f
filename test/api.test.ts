import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('docs/api.md has every public name, as it stands in the code, and none lacks a docstring', () => {
  const check = () =>
    execFileSync(process.execPath, ['scripts/api.mjs', '--check'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  expect(check).not.toThrow();
});
