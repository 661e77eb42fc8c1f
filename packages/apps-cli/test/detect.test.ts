import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ecg5000, joinBeats, proceduralEcg } from '@hourglass/datasets';
import { readSafetensors, writeSafetensors } from '@hourglass/nn';
import { csvText } from '@hourglass/testing/beat-files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said } from './cli.ts';

interface Detected {
  readonly threshold: number;
  readonly beats: readonly { readonly error: number; readonly abnormal: boolean }[];
}

/** A few beats, drawn by code, and split like a file of them. */
const { train, test: held } = proceduralEcg({ count: 100 });
const dataset = ecg5000(joinBeats(train, held), 'files');

const rowsOf = (values: Float32Array): string[] =>
  Array.from({ length: values.length / 140 }, (_, i) => values.subarray(i * 140, (i + 1) * 140).join(','));

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  const write = (name: string, text: string) => writeFile(join(cli.home, name), text);
  await write('ecg.csv', csvText(joinBeats(train, held)));
  const normal = rowsOf(dataset.train.values).filter((_, i) => dataset.train.normal[i] === 1);
  await write('normal.csv', normal.join('\n'));
  await write('held.csv', rowsOf(dataset.test.values).join('\r\n'));
  const { code, stderr } = await cli.run('train ecg --data ecg.csv --epochs 2 --batch 32 --out run'.split(' '));
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
});
afterAll(() => cli.remove());

async function json(args: string, input?: string): Promise<Record<string, unknown>> {
  const options = input === undefined ? {} : { input };
  const { code, stdout, stderr } = await cli.run([...args.split(' '), '--json'], options);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^[^\n]+\n$/);
  return JSON.parse(stdout) as Record<string, unknown>;
}
const detect = async (args: string, input?: string) =>
  (await json(`detect ecg --weights run ${args}`, input)) as unknown as Detected;

describe('the calibration of a trained detector', () => {
  test('is stored with it: the range of the training split, and the threshold by the report’s rule', async () => {
    const stored: number[] = [];
    for (const name of ['last.safetensors', 'best.safetensors']) {
      const { metadata } = readSafetensors(await readFile(join(cli.home, 'run', name)), name);
      const { minimum, maximum, threshold } = JSON.parse(metadata['hourglass.calibration']!);
      expect({ minimum, maximum }).toEqual({ minimum: dataset.minimum, maximum: dataset.maximum });
      stored.push(threshold);
    }
    const { threshold, beats } = await detect('--input normal.csv');
    expect(stored[1]).toBe(threshold); // the best weights of a run are used
    const mean = beats.reduce((sum, { error }) => sum + error, 0) / beats.length;
    const variance = beats.reduce((sum, { error }) => sum + (error - mean) ** 2, 0) / beats.length;
    expect(threshold).toBeCloseTo(mean + Math.sqrt(variance), 6); // text and float32 round the samples and errors
  });

  test('does not depend on the evaluated data', async () => {
    const { threshold } = await detect('--input held.csv');
    const other = proceduralEcg({ count: 60, seed: 5 });
    await writeFile(join(cli.home, 'other.csv'), csvText(joinBeats(other.train, other.test)));
    for (const data of ['ecg.csv', 'other.csv'])
      expect(await json(`evaluate ecg --weights run --data ${data}`)).toMatchObject({ threshold });
  });

  test('is kept by convert', async () => {
    await json('convert run --as ecg --out detector.safetensors');
    const converted = await json('detect ecg --weights detector.safetensors --input held.csv');
    expect(converted).toEqual(await detect('--input held.csv'));
  });
});

describe('detect', () => {
  test('calls a beat abnormal if its error is above the threshold, and agrees with evaluate', async () => {
    const { threshold, beats } = await detect('--input held.csv');
    expect(beats).toHaveLength(20);
    for (const { error, abnormal } of beats) expect(abnormal).toBe(error > threshold);
    const right = beats.filter(({ abnormal }, i) => abnormal === (dataset.test.normal[i] === 0)).length;
    expect(await json('evaluate ecg --weights run --data ecg.csv')).toMatchObject({ accuracy: right / 20, threshold });
  });

  test('reads standard input', async () => {
    const input = await readFile(join(cli.home, 'held.csv'), 'utf8');
    expect(await detect('--input -', input)).toEqual(await detect('--input held.csv'));
  });

  test('prints readable text', async () => {
    const { code, stdout } = await cli.run('detect ecg --weights run --input held.csv'.split(' '));
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(22);
    expect(lines[0]).toMatch(/^beat {2}1 {2}error 0\.\d{4} {2}(normal|ABNORMAL)$/);
    expect(lines[20]).toMatch(/^\d+ of 20 beats abnormal: the error is above 0\.\d{4}\.$/);
    expect(lines[21]).toMatch(/not a medical device/);
  });

  test('computes a missing calibration from the training split of the data', async () => {
    const { tensors } = readSafetensors(await readFile(join(cli.home, 'run/best.safetensors')), 'best');
    const own = [...tensors].filter(([name]) => /^(encoder|decoder)\./.test(name));
    await writeFile(join(cli.home, 'bare.safetensors'), writeSafetensors(own));
    const bare = await json('detect ecg --weights bare.safetensors --data ecg.csv --input held.csv');
    expect(bare).toEqual(await detect('--input held.csv'));
  });
});

describe('wrong input', () => {
  const good = rowsOf(dataset.test.values);
  const lines = (change: (rows: string[]) => string[]): string => change([...good]).join('\n');

  test.each([
    [
      '139 columns',
      lines((rows) => rows.with(2, rows[2]!.split(',').slice(1).join(','))),
      /beats\.csv, line 3 has 139 columns instead of 140/,
    ],
    [
      'text in line 7',
      lines((rows) => rows.with(6, rows[6]!.replace(/^[^,]+/, 'beat'))),
      /beats\.csv, line 7, column 1 is "beat"/,
    ],
    ['nothing', '', /beats\.csv is empty/],
  ])('%s', async (_, text, mention) => {
    await writeFile(join(cli.home, 'beats.csv'), text);
    await expectRefusal('detect ecg --weights run --input beats.csv', mention);
  });

  test.each([
    ['detect ecg --weights run --input nowhere.csv', /nowhere\.csv can't be read: there is no such file/],
    ['detect ecg --weights run', /--input/],
    ['detect ecg --weights run --input -', /standard input is empty/],
    ['detect fashion --input held.csv', /detect finds abnormal heartbeats.*can't be used with fashion/],
  ])('%s', (args, mention) => expectRefusal(args, mention));

  async function expectRefusal(args: string, mention: RegExp): Promise<void> {
    const { code, stdout, stderr } = await cli.run(args.split(' '));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(said(stderr)).toHaveLength(1);
    expect(stderr).toMatch(mention);
  }
});
