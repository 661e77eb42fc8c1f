import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('docs/api.md matches the code, and every public name has a docstring', () => {
  const check = () =>
    execFileSync(process.execPath, ['scripts/api.mjs', '--check'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  expect(check).not.toThrow();
});
