import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ecg5000, joinBeats, proceduralEcg, type SeriesSplit } from '@hourglass/datasets';
import { csvText } from '@hourglass/testing/beat-files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli } from './cli.ts';

const { train, test: held } = proceduralEcg({ count: 60 });
const drawn = joinBeats(train, held);

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  const write = (name: string, beats: SeriesSplit) => writeFile(join(cli.home, name), csvText(beats));
  await write('constant.csv', { ...drawn, values: drawn.values.map(() => 0.5) });
  await write('all-normal.csv', { ...drawn, normal: drawn.normal.map(() => 1) });
  await write('all-abnormal.csv', { ...drawn, normal: drawn.normal.map(() => 0) });
  await write('test-abnormal.csv', { ...drawn, normal: inTest().map((isTest) => (isTest ? 0 : 1)) });
  await writeFile(join(cli.home, 'utf16.csv'), `\ufeff${csvText(drawn)}`, 'utf16le');
  const counted = Array.from({ length: 141 }, (_, i) => i).join();
  await writeFile(join(cli.home, 'headed.csv'), `${counted}\n${csvText(drawn)}`);
});
afterAll(() => cli.remove());

/** For each beat, whether it is in the test part. */
function inTest(): Uint8Array {
  const values = drawn.values.map((_, i) => Math.floor(i / 140)); // each beat contains its number
  const numbers = new Set(ecg5000({ ...drawn, values }, 'files').test.values);
  return Uint8Array.from({ length: drawn.count }, (_, i) => Number(numbers.has(i)));
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli.run([...args, '--json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test.each([
  ['constant.csv', /the same value, 0\.5, so there is no range to scale by/],
  ['all-abnormal.csv', /All 48 training beats are abnormal/],
])('%s is refused with a message for training and evaluation', async (data, sentence) => {
  for (const args of [
    ['train', 'ecg', '--data', data, '--out', 'none'],
    ['evaluate', 'ecg', '--data', data],
  ]) {
    const { code, stdout, stderr } = await cli.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/learning rate|bug in the program/);
  }
});

test('without abnormal beats, only one beat is drawn and encoded, and there is no AUROC', async () => {
  expect((await json('reconstruct', 'ecg', '--data', 'all-normal.csv')).codes).toHaveLength(1);
  const svg = await readFile(join(cli.home, 'figures', 'ecg-beats.svg'), 'utf8');
  expect(svg).toContain('Normal beat');
  expect(svg).not.toContain('Abnormal beat');
  const result = await json('evaluate', 'ecg', '--data', 'all-normal.csv');
  expect(result).toMatchObject({ samples: 12, precision: 1, recall: result.accuracy });
  expect(result).not.toHaveProperty('auroc');
});

test('a run whose test part has no normal beats omits their column, and can be resumed', async () => {
  await json('train', 'ecg', '--data', 'test-abnormal.csv', '--epochs', '1', '--out', 'run');
  const [titles] = (await readFile(join(cli.home, 'run', 'metrics.csv'), 'utf8')).split('\n');
  expect(titles).toMatch(/val_loss/);
  expect(titles).not.toMatch(/normal/);
  expect(await json('train', 'ecg', '--resume', 'run', '--epochs', '2')).toMatchObject({ epochs: 2 });
});

test('UTF-16 is recognised and named', async () => {
  const { code, stderr } = await cli.run(['detect', 'ecg', '--input', 'utf16.csv']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/utf16\.csv is UTF-16 text,.* Save it as UTF-8/),
  });
  expect((await cli.run(['evaluate', 'ecg', '--data', 'utf16.csv'])).stderr).toMatch(/utf16\.csv is UTF-16 text/);
});

test('a header that numbers the columns is skipped and reported', async () => {
  const { code, stderr } = await cli.run(['evaluate', 'ecg', '--data', 'headed.csv', '--json']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/headed\.csv, line 1 numbers the columns from 0/);
});
