import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli, writeSmallBeats } from './cli.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await writeSmallBeats(join(cli.home, 'beats.csv'));
});
afterAll(() => cli.remove());

async function done(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli.run([...args, '--data', 'beats.csv', '--json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}
const train = (...args: string[]) => done('train', 'ecg', '--epochs', '2', '--batch', '8', ...args);

test('best validates on held-back training beats, and then measures its best weights on the test beats', async () => {
  const { dataset, test } = await train('--preset', 'best', '--out', 'best');
  const whole = (await train('--preset', 'report', '--out', 'report')).dataset as { train: number; test: number };
  const { train: trained, validation, test: count } = dataset as Record<string, number>;
  expect(count).toBe(whole.test);
  expect(validation).toBeGreaterThan(0);
  expect(trained).toBeLessThan(whole.train);
  expect(await done('evaluate', 'ecg', '--weights', 'best')).toMatchObject(test as object);
});

test('--validation chooses the share, 0 validates on the test split, and a resumed run keeps its own', async () => {
  const share = async (...args: string[]) => (await train(...args)).dataset as { validation?: number };
  const [fifth, twoFifths] = [
    await share('--preset', 'report', '--validation', '0.2', '--out', 'fifth'),
    await share('--preset', 'report', '--validation', '0.4', '--out', 'two-fifths'),
  ];
  expect(Math.abs(twoFifths.validation! - 2 * fifth.validation!)).toBeLessThanOrEqual(1);
  expect(await share('--preset', 'best', '--validation', '0', '--out', 'none')).not.toHaveProperty('validation');
  expect(await readFile(join(cli.home, 'none/README.md'), 'utf8')).toContain(
    '--preset best --epochs 2 --batch 8 --validation 0`',
  );
  const { code, stderr } = await cli.run(['train', 'ecg', '--resume', 'fifth', '--validation', '0.3']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--validation 0.3 contradicts the run, which uses 0.2/);
});

test('a share that leaves nothing is refused', async () => {
  const args = ['train', 'ecg', '--data', 'beats.csv', '--validation', '0.001', '--out', 'nothing'];
  const { code, stdout, stderr } = await cli.run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/A share of 0.001 for validation leaves \d+ samples to train on and 0 to validate on/);
});
