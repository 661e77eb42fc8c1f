import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { RunConfig } from '../src/run/config.ts';
import { reportCommand, resumeCommand } from '../src/run/follow-up-commands.ts';

const [data, cache, run] = ['/somewhere/data', '/somewhere/cache', '/somewhere/run'].map((path) => resolve(path));

const config = (given: Partial<Pick<RunConfig, 'data' | 'dataDir'>>, choice: RunConfig['adapter']['choice'] = 'auto') =>
  ({ experiment: 'cartoon', ...given, adapter: { choice, name: 'any' } }) as RunConfig;

test('the command for the whole recipe repeats the options for data, cache and adapter', () => {
  expect(reportCommand(config({}), {})).toMatch(/ train cartoon --preset report$/);
  const command = reportCommand(config({ dataDir: data }, 'software'), { cacheDir: cache, strict: true });
  expect(command).toContain(` --data-dir ${data} --adapter software --cache-dir ${cache} --strict`);
  expect(reportCommand(config({ data }), {})).toMatch(/ --data \S+$/);
});

test.skipIf(process.platform === 'win32')('a path with special characters is quoted for the shell', () => {
  const path = "/some where/$(id -u) `date` it's";
  const command = resumeCommand('cartoon', path, {});
  const words = spawnSync('sh', ['-c', `printf '%s\\n' ${command.slice(command.indexOf('--resume'))}`]).stdout;
  expect(String(words)).toBe(`--resume\n${path}\n`);
});

test('the command to resume repeats the options that are not in the run’s configuration', () => {
  const options = { adapter: 'software', dataDir: data, cacheDir: cache, strict: true } as const;
  const command = resumeCommand('cartoon', run!, options);
  expect(command).toMatch(/ train cartoon --resume /);
  expect(command.endsWith(` ${run} --cache-dir ${cache} --strict`)).toBe(true);
});
