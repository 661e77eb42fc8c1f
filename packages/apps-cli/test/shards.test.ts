import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said } from './cli.ts';

let cli: Cli;
const inHome = (name: string): string => join(cli.home, name);
const text = (name: string): Promise<string> => readFile(inHome(name), 'utf8');
const done = async (...args: readonly string[]) => {
  const outcome = await cli.run(args);
  expect(outcome.code, outcome.stderr).toBe(0);
  return outcome;
};

const wave = (row: number, t: number): string =>
  (Math.sin(t / 1.5 + ((row * 7919) % 628) / 100) + ((row * 31 + t * 17) % 13) / 100).toFixed(4);
const rows = (count: number): string =>
  Array.from({ length: count }, (_, row) => `${Array.from({ length: 8 }, (_, t) => wave(row, t)).join()}\n`).join('');
const recording = (count: number): string =>
  `when,x,y\n${Array.from({ length: count }, (_, t) => `at ${t},${wave(0, t)},${wave(1, t)}\n`).join('')}`;

beforeAll(async () => {
  cli = await bundleCli();
  await writeFile(inHome('rows.csv'), rows(300));
  await writeFile(inHome('more.csv'), rows(150));
  await writeFile(inHome('recording.csv'), recording(5000));
  const train = ['train', 'series', '--epochs', '1', '--figures', 'none'];
  await done(...train, '--data', 'rows.csv', '--out', 'of-rows');
  const stretch = ['--window', '20', '--stride', '5'];
  await done(...train, '--data', 'recording.csv', '--time', 'when', ...stretch, '--out', 'of-recording');
});
afterAll(() => cli.remove());

const names = (name: string, ending: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}-0000${i}-of-0000${count}.${ending}`);
const joined = async (files: readonly string[]): Promise<string> => (await Promise.all(files.map(text))).join('');

const INPUTS: readonly [string, string, readonly string[]][] = [
  ['series', 'of-rows', ['rows.csv', 'more.csv']],
  ['a recording', 'of-recording', ['recording.csv']],
];

describe.each(INPUTS)('%s', (_, run, files) => {
  const detect = ['detect', 'series', '--weights', run, '--input', ...files];
  const encode = ['encode', 'series', '--weights', run, '--input', ...files];

  test.each(['csv', 'jsonl'])('read in chunks and read whole give the same %s', async (format) => {
    const { stdout } = await done(...detect, '--format', format);
    // Figures need all of the data.
    const whole = await done(...detect, '--format', format, '--out', `figures-${run}`);
    expect(stdout).toBe(whole.stdout);
    expect(stdout.split('\n').length).toBeGreaterThan(400);
  });

  test('the shards of the scores, one after the other, are the scores', async () => {
    const { stdout } = await done(...detect);
    const scores = `${run}-scores.csv`;
    await done(...detect, '--scores', scores);
    expect(await text(scores)).toBe(stdout);
    for (const i of [2, 0, 1]) await done(...detect, '--scores', scores, '--shard', `${i}/3`);
    expect(await joined(names(`${run}-scores`, 'csv', 3))).toBe(stdout);
  });

  test('the shards of the codes, one after the other, are the codes', async () => {
    const codes = `${run}-codes.csv`;
    await done(...encode, '--out', codes);
    for (const i of [0, 1, 2]) await done(...encode, '--out', codes, '--shard', `${i}/3`);
    expect(await joined(names(`${run}-codes`, 'csv', 3))).toBe(await text(codes));
    await done(...encode, '--out', `${run}-codes.npy`);
    const npy = await readFile(inHome(`${run}-codes.npy`));
    const lines = (await text(codes)).trimEnd().split('\n').slice(1);
    const numbers = lines.flatMap((line) =>
      line
        .split(',')
        .slice(files.length > 1 ? 2 : 1)
        .map(Number),
    );
    const stored = numbers.map((_, i) => npy.readFloatLE(npy.length - 4 * (numbers.length - i)));
    expect(npy.toString('latin1', 10, 90)).toContain(`'shape': (${lines.length}, ${numbers.length / lines.length})`);
    expect(numbers.map(Math.fround)).toEqual(stored);
    await done(...encode, '--out', `${run}-codes.parquet`);
    expect((await readFile(inHome(`${run}-codes.parquet`))).toString('latin1', 0, 4)).toBe('PAR1');
    expect(existsSync(inHome(`${run}-codes.parquet.csv`))).toBe(false);
  });
});

test('a finished shard is kept, and what a stopped run left is replaced', async () => {
  const command = ['detect', 'series', '--weights', 'of-rows', '--input', 'rows.csv', '--scores', 'kept.csv'];
  const [file] = names('kept', 'csv', 2) as [string];
  await writeFile(inHome(`${file}.part`), 'half a li');
  await done(...command, '--shard', '0/2');
  expect(existsSync(inHome(`${file}.part`))).toBe(false);
  await writeFile(inHome(file), 'finished');
  const { stderr } = await done(...command, '--shard', '0/2', '--adapter', 'hardware');
  expect(said(stderr)).toEqual([`${file} exists and is kept. Remove it to compute it again.`]);
  expect(await text(file)).toBe('finished');
  const encoded = await done('encode', 'ecg', '--out', 'kept.csv', '--shard', '0/2', '--json');
  expect(JSON.parse(encoded.stdout)).toEqual({ experiment: 'ecg', file: inHome(file), skipped: true });
});

test('with --id, verdicts and codes end with the id of their series', async () => {
  const lines = (pump: string, from: number): string =>
    Array.from({ length: 20 }, (_, t) => `at ${t},"${pump}",${wave(from, t)},${wave(from + 1, t)}\n`).join('');
  await writeFile(inHome('pumps.csv'), `when,pump,x,y\n${lines('north, 1', 0)}${lines('south', 3)}`);
  const command = (name: string) => [
    name,
    'series',
    '--weights',
    'of-recording',
    '--input',
    'pumps.csv',
    '--id',
    'pump',
  ];
  const detect = command('detect').concat('--layout', 'recording');
  const csv = (await done(...detect)).stdout.trimEnd().split('\n');
  expect(csv[0]).toBe('time,score,verdict,id');
  expect(csv.slice(1).map((line) => line.replace(/^.*normal,/, ''))).toEqual([
    ...Array(20).fill('"north, 1"'),
    ...Array(20).fill('south'),
  ]);
  const { verdicts } = JSON.parse((await done(...detect, '--json')).stdout) as { verdicts: { id: string }[] };
  expect([verdicts[0]!.id, verdicts[20]!.id]).toEqual(['north, 1', 'south']);
  await done(...command('encode'), '--out', 'pumps-codes.csv');
  const codes = (await text('pumps-codes.csv')).trimEnd().split('\n');
  expect(codes.map((line) => line.split(',').at(-1))).toEqual(['id', ' 1"', 'south']);
});

test('a run that fails leaves no file', async () => {
  await writeFile(inHome('late.csv'), `${rows(5000)}1,2\n`);
  const command = ['detect', 'series', '--weights', 'of-rows', '--input', 'late.csv', '--scores', 'late-scores.csv'];
  const { code, stderr } = await cli.run(command);
  expect([code, ...said(stderr)]).toEqual([2, expect.stringMatching(/late\.csv, line 5001 has 2 cells instead of 8/)]);
  expect([existsSync(inHome('late-scores.csv')), existsSync(inHome('late-scores.csv.part'))]).toEqual([false, false]);
});

const beat = (row: number): string => Array.from({ length: 140 }, (_, t) => wave(row, t / 10)).join();
const beats = (count: number): string => `${Array.from({ length: count }, (_, row) => beat(row)).join('\n')}\n`;

test('beats are judged in chunks, to a file and in shards', async () => {
  // Two chunks, and a header, which only the first shard contains.
  await writeFile(inHome('many.csv'), `${Array.from({ length: 140 }, (_, i) => i).join()}\n${beats(4200)}`);
  const detect = ['detect', 'ecg', '--input', 'many.csv'];
  const { beats: judged, threshold } = JSON.parse((await done(...detect, '--json')).stdout) as {
    readonly threshold: number;
    readonly beats: readonly { readonly error: number; readonly abnormal: boolean }[];
  };
  expect(judged).toHaveLength(4200);
  const scores = [...detect, '--scores', 'many-scores.csv'];
  const whole = JSON.parse((await done(...scores, '--json')).stdout);
  const abnormal = judged.filter((beat) => beat.abnormal).length;
  expect(whole).toEqual({ threshold, scores: inHome('many-scores.csv'), samples: 4200, abnormal });
  const lines = judged.map(({ error, abnormal }, i) =>
    [i, error.toPrecision(6), abnormal ? 'abnormal' : 'normal'].join(),
  );
  expect(await text('many-scores.csv')).toBe(`${['time,score,verdict', ...lines].join('\n')}\n`);
  for (const i of [0, 1, 2]) await done(...scores, '--shard', `${i}/3`);
  expect(await joined(names('many-scores', 'csv', 3))).toBe(await text('many-scores.csv'));
  const { stderr } = await done(...scores, '--shard', '1/3');
  expect(said(stderr)).toEqual([expect.stringMatching(/exists and is kept/)]);
});

test('a wrong beat is named with its line, however far into the file', async () => {
  await writeFile(inHome('wrong.csv'), `${beats(4100)}1,2\n`);
  for (const args of [
    ['detect', 'ecg', '--input', 'wrong.csv', '--scores', 'wrong-scores.csv'],
    ['encode', 'ecg', '--input', 'wrong.csv', '--out', 'wrong-codes.csv'],
  ]) {
    const { code, stderr } = await cli.run(args);
    const [sentence] = said(stderr);
    expect([code, sentence]).toEqual([2, expect.stringMatching(/wrong\.csv, line 4101 has 2 columns instead of 140/)]);
  }
  expect([existsSync(inHome('wrong-scores.csv')), existsSync(inHome('wrong-codes.csv'))]).toEqual([false, false]);
});

test('beats are encoded, from a file and in shards', async () => {
  await writeFile(inHome('beats.csv'), beats(70));
  const encode = ['encode', 'ecg', '--input', 'beats.csv', '--out', 'beats-codes.csv'];
  await done(...encode);
  const lines = (await text('beats-codes.csv')).trimEnd().split('\n');
  expect(lines[0]).toMatch(/^name,class,split,z1,/);
  expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(
    Array.from({ length: 70 }, (_, i) => `beat-${i + 1}`),
  );
  for (const i of [0, 1]) await done(...encode, '--shard', `${i}/2`);
  expect(await joined(names('beats-codes', 'csv', 2))).toBe(await text('beats-codes.csv'));
});

describe('refused in one sentence', () => {
  const detect = ['detect', 'series', '--weights', 'of-rows', '--input', 'rows.csv'];
  test.each(['8/8', '-1/3', '1/0', 'a/b', '1.5/3', '3', ''])('--shard %s', async (shard) => {
    const { code, stdout, stderr } = await cli.run([...detect, `--shard=${shard}`]);
    expect([code, stdout, ...said(stderr)]).toEqual([
      2,
      '',
      `hourglass: --shard must be i/n with i from 0 to n-1, such as 0/8 for the first of eight parts, not '${shard}'.`,
    ]);
  });

  test.each<[readonly string[], RegExp]>([
    [['detect', 'series', '--weights', 'of-rows', '--input', '-', '--shard', '0/2'], /standard input/],
    [[...detect, '--shard', '0/2', '--out', 'figures'], /--shard and --out can't be used together/],
    [[...detect, '--shard', '0/2', '--query', 'SELECT * FROM data'], /--shard reads files in parts/],
    [['detect', 'ecg', '--input', '-', '--shard', '0/2'], /--shard can't be used with standard input/],
    [['detect', 'ecg', '--input', 'rows.csv', '--format', 'jsonl'], /--format only for the file of --scores/],
    [['detect', 'ecg', '--input', 'rows.csv', '--out', 'figures'], /--out is only for series, not for ecg/],
    [['encode', 'series', '--weights', 'of-rows', '--out', 'a.csv'], /encode series needs files/],
    [
      ['encode', 'ecg', '--out', 'a.csv', '--input', 'rows.csv', 'more.csv'],
      /encode ecg reads one file of beats, not 2/,
    ],
    [['encode', 'fashion', '--out', 'a.csv', '--time', 'when'], /--time is only for series, not for fashion/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect([code, stdout, ...said(stderr)]).toEqual([2, '', expect.stringMatching(message)]);
  });
});
