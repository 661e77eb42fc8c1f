import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Trainable } from '@hourglass/experiments';
import { expect, test } from 'vitest';
import type { RunConfig } from '../src/run/config.ts';
import { reportCommand, resumeCommand } from '../src/run/follow-up-commands.ts';

const [data, cache, run] = ['/somewhere/data', '/somewhere/cache', '/somewhere/run'].map((path) => resolve(path));

const recipe = { description: 'any', epochs: 9, batchSize: 32, learningRate: 1e-3 };
const experiment = { latent: 8, presets: { report: recipe, quick: { ...recipe, epochs: 3 } } } as unknown as Trainable;
const quick = { preset: 'quick', epochs: 3, batchSize: 32, learningRate: 1e-3, latent: 8, seed: 0 } as const;

const config = (given: Partial<RunConfig>, choice: RunConfig['adapter']['choice'] = 'auto') =>
  ({ experiment: 'cartoon', settings: quick, ...given, adapter: { choice, name: 'any' } }) as RunConfig;

test('the command for the whole recipe repeats the options for data, cache and adapter', () => {
  expect(reportCommand(experiment, config({}), {})).toMatch(/ train cartoon --preset report$/);
  const command = reportCommand(experiment, config({ dataDir: data! }, 'software'), { cacheDir: cache, strict: true });
  expect(command).toContain(` --data-dir ${data} --adapter software --cache-dir ${cache} --strict`);
  expect(reportCommand(experiment, config({ data: data! }), {})).toMatch(/ --data \S+$/);
});

test('the command for the whole recipe repeats what it does not change', () => {
  const series = {
    files: ['/a/pump.csv', '/a/new/*.csv'],
    time: 'when',
    columns: ['x', 'y'],
    window: 40,
    fill: 'linear',
  };
  const own = config({
    experiment: 'series',
    settings: { ...quick, epochs: 1, limit: 10, latent: 3, seed: 5, loss: 'mse', patience: 2 },
    series: { ...series, scale: 'robust', validation: 0.2 } as NonNullable<RunConfig['series']>,
    keepEpochs: true,
    figures: 'last',
  });
  const command = reportCommand(experiment, own, { log: '/a/log.jsonl', tune: 'off' });
  expect(command.slice(command.indexOf('--preset')).replaceAll("'", '')).toBe(
    '--preset report --data /a/pump.csv /a/new/*.csv --time when --columns x,y --window 40 --fill linear --scale robust' +
      ' --latent 3 --seed 5 --loss mse --patience 2 --figures last --keep-epochs --log /a/log.jsonl --tune off',
  );
  const images = { fit: 'contain', background: '#000000', width: 8, channels: 1, size: 32, validation: 0.1 } as const;
  expect(reportCommand(experiment, config({ experiment: 'images', data: data!, images }), {})).toMatch(
    / --data \S+ --fit contain --background '?#000000'? --width 8 --channels 1 --size 32$/,
  );
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
