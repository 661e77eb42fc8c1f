import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli } from './cli.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
});
afterAll(() => cli.remove());

test('the figures of a finished run show the weights of its best epoch, which other commands use', async () => {
  const values = Array.from({ length: 600 }, (_, t) => Math.sin(t / 5) + 0.3 * Math.sin(t * t));
  await writeFile(join(cli.home, 'wave.csv'), ['t,x', ...values.map((x, t) => `${t},${x.toFixed(4)}`), ''].join('\n'));
  // At this learning rate, the last epoch is not the best.
  const recipe = ['--window', '32', '--lr', '0.03', '--epochs', '6', '--limit', '60', '--out', 'run'];
  const trained = await cli.run(['train', 'series', '--data', 'wave.csv', '--time', 't', ...recipe]);
  expect(trained.code, trained.stderr).toBe(0);
  const metrics = await readFile(join(cli.home, 'run', 'metrics.csv'), 'utf8');
  const [header, ...rows] = metrics
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const losses = rows.map((row) => Number(row[header!.indexOf('val_loss')]));
  expect(Math.min(...losses)).toBeLessThan(losses.at(-1)!);

  const detected = await cli.run([
    'detect',
    'series',
    '--weights',
    'run',
    '--input',
    'wave.csv',
    '--time',
    't',
    '--json',
  ]);
  const { threshold } = JSON.parse(detected.stdout) as { threshold: number };
  const figure = await readFile(join(cli.home, 'run', 'figures', 'recording.svg'), 'utf8');
  expect(figure).toContain(`threshold ${Number(threshold.toPrecision(3))}<`);
});
