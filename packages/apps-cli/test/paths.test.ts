import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { fromUser } from '../src/io/paths.ts';

test('paths are relative to the user’s current folder, and ~ is the home folder', () => {
  vi.stubEnv('INIT_CWD', '/elsewhere');
  expect(fromUser('runs/a')).toBe(resolve('/elsewhere/runs/a'));
  expect(fromUser('~/runs')).toBe(join(homedir(), 'runs'));
  expect(fromUser('~')).toBe(homedir());
  expect(fromUser('~other')).toBe(resolve('/elsewhere/~other'));
  vi.unstubAllEnvs();
});
