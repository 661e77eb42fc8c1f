import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said } from './cli.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
});
afterAll(() => cli.remove());

const write = (name: string, text: string): Promise<void> => writeFile(join(cli.home, name), text);
const json = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await cli.run([...args, '--json']);
  expect(stderr, stderr).not.toMatch(/hourglass: /);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
};

/** Numbers in [-1, 1) that are the same in every run (Park and Miller 1988). */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  };
}

const PERIOD = 50;
/** A beat every 50 instants, with varying height and noise. */
function beats(length: number, seed: number): number[] {
  const draw = draws(seed);
  let height = 1;
  return Array.from({ length }, (_, t) => {
    const phase = t % PERIOD;
    if (phase === 0) height = 1 + 0.1 * draw();
    const bump = (centre: number, width: number): number => Math.exp(-(((phase - centre) / width) ** 2));
    return height * (bump(12, 2) - 0.3 * bump(17, 2) + 0.35 * bump(32, 5)) + 0.02 * draw();
  });
}

const csv = (values: readonly number[], labels?: readonly number[]): string =>
  [
    `t,mV${labels ? ',bad' : ''}`,
    ...values.map((value, t) => `${t},${value.toFixed(4)}${labels ? `,${labels[t]}` : ''}`),
    '',
  ].join('\n');

describe('a recording', () => {
  const LENGTH = 12_000;
  const FAULTS = {
    spike: [2000, 2003],
    drift: [4000, 4600],
    'a stuck sensor': [7000, 7200],
    'a missing beat': [10_000, 10_050],
  } as const satisfies Record<string, readonly [number, number]>;
  const labels = Array.from({ length: LENGTH }, (_, t) =>
    Object.values(FAULTS).some(([start, end]) => t >= start && t < end) ? 1 : 0,
  );

  beforeAll(async () => {
    await write('clean.csv', csv(beats(20_000, 1)));
    const values = beats(LENGTH, 2);
    for (let t = 0; t < LENGTH; t++) {
      const within = ([start, end]: readonly [number, number]): boolean => t >= start && t < end;
      if (within(FAULTS.spike)) values[t]! += 3;
      if (within(FAULTS.drift)) values[t]! += (t - FAULTS.drift[0]) / 600;
      if (within(FAULTS['a stuck sensor'])) values[t] = 0.4;
      if (within(FAULTS['a missing beat'])) values[t] = 0;
    }
    await write('faulty.csv', csv(values, labels));
    const { stderr } = await cli.run([
      'train',
      'series',
      '--data',
      'clean.csv',
      '--epochs',
      '10',
      '--out',
      'beats',
      '--figures',
      'last',
    ]);
    expect(stderr).toContain('\n  input    one recording of 20000 instants: mV\n');
    expect(stderr).toContain(`the period is about ${PERIOD}, so windows have ${PERIOD} instants`);
  }, 240_000);

  test('is searched: the planted faults are found, and almost nothing far from them', async () => {
    const { threshold, verdicts, figures } = (await json(
      'detect',
      'series',
      '--weights',
      'beats',
      '--input',
      'faulty.csv',
      '--out',
      'found',
    )) as {
      threshold: number;
      verdicts: { time: string; score: number; abnormal: boolean }[];
      figures: string[];
    };
    expect(verdicts).toHaveLength(LENGTH);
    expect(verdicts[7]!.time).toBe('7');
    expect(verdicts.every(({ score, abnormal }) => abnormal === score > threshold)).toBe(true);
    for (const [fault, [start, end]] of Object.entries(FAULTS))
      expect(verdicts.slice(start, end).filter(({ abnormal }) => abnormal).length, fault).toBeGreaterThan(0);
    const near = (t: number): boolean =>
      Object.values(FAULTS).some(([start, end]) => t >= start - PERIOD && t < end + PERIOD);
    const alarms = verdicts.filter(({ abnormal }, t) => abnormal && !near(t)).length;
    // By definition, one window in a hundred is above the threshold; half as much again allows for chance.
    expect(alarms / LENGTH).toBeLessThan(0.015);
    expect(figures.map((path) => path.slice(join(cli.home, 'found').length + 1))).toEqual([
      'recording.png',
      'recording.svg',
      'worst.png',
      'worst.svg',
    ]);
    expect(await readFile(join(cli.home, 'found', 'recording.svg'), 'utf8')).toContain('fill-opacity="0.25"');
  });

  test('is evaluated by instants, per file and in total', async () => {
    const result = await json(
      'evaluate',
      'series',
      '--weights',
      'beats',
      '--data',
      'faulty.csv',
      '--label',
      'bad',
      '--normal',
      '0',
    );
    expect(result).toMatchObject({
      experiment: 'series',
      split: 'all',
      unit: 'instants',
      samples: LENGTH,
      dataset: { id: 'series', source: 'files' },
    });
    expect(result.auroc).toBeGreaterThan(0.97);
    expect(result.files).toMatchObject([{ file: 'faulty.csv', samples: LENGTH, auroc: result.auroc }]);
  });

  test('that is too short or has other columns is refused, and no folder is left', async () => {
    await write('short.csv', csv(beats(20, 1)));
    const detect = ['detect', 'series', '--weights', 'beats', '--input'];
    const short = await cli.run([...detect, 'short.csv', '--out', 'none']);
    expect([short.code, ...said(short.stderr)]).toEqual([2, expect.stringMatching(/short\.csv has 20 instants/)]);
    expect(existsSync(join(cli.home, 'none'))).toBe(false);
    const other = await cli.run([...detect, '-'], { input: 'when,volt\n0,1\n1,2\n' });
    expect([other.code, ...said(other.stderr)]).toEqual([
      2,
      expect.stringMatching(/line 1 names the columns when, volt\. The model needs mV/),
    ]);
  });

  test('can be a stream, with a verdict for each window', async () => {
    const lines = (await readFile(join(cli.home, 'faulty.csv'), 'utf8')).split('\n').slice(0, 2101);
    const { code, stdout } = await cli.run(
      ['detect', 'series', '--weights', 'beats', '--input', '-', '--format', 'jsonl'],
      { input: `${lines.map((line) => line.split(',').slice(0, 2).join(',')).join('\n')}\n` },
    );
    expect(code).toBe(0);
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { time: string; abnormal: boolean });
    const stride = Number(verdicts[1]!.time) - Number(verdicts[0]!.time);
    expect(verdicts[0]!.time).toBe(String(PERIOD - 1)); // as in the column t
    expect(verdicts).toHaveLength(Math.floor((2100 - PERIOD) / stride) + 1);
    // Nearly all windows that end before the spike are normal; all that contain it are abnormal.
    const holds = ({ time }: { time: string }): boolean => Number(time) >= 2002 && Number(time) - PERIOD < 2000;
    expect(verdicts.filter(holds).every(({ abnormal }) => abnormal)).toBe(true);
    expect(verdicts.filter(({ time }) => Number(time) < 2000).filter(({ abnormal }) => abnormal).length).toBeLessThan(
      10,
    );
  });

  test('is drawn in the run folder, and the run is resumed with its own settings', async () => {
    expect((await readdir(join(cli.home, 'beats', 'figures'))).filter((name) => name.endsWith('.png')).sort()).toEqual([
      'epoch-010.png',
      'errors.png',
      'losses.png',
      'recording.png',
      'worst.png',
    ]);
    const { code, stderr } = await cli.run(['train', 'series', '--resume', 'beats', '--window', '64']);
    expect(code).toBe(2);
    expect(said(stderr)).toEqual([expect.stringMatching(/--window 64 contradicts the run, which uses none/)]);
    const resumed = await json('train', 'series', '--resume', 'beats', '--epochs', '11', '--figures', 'none');
    expect(resumed).toMatchObject({ experiment: 'series', epochs: 11 });
  });
});

describe('series with labels', () => {
  const rows = (count: number, seed: number): string => {
    const draw = draws(seed);
    return Array.from({ length: count }, (_, i) => {
      const odd = i % 4 === 3;
      const phase = 0.6 * draw();
      const values = Array.from({ length: 32 }, (_, t) =>
        (Math.sin(t / (odd ? 2.5 : 4) + phase) + 0.05 * draw()).toFixed(4),
      );
      return `${odd ? 'faulty' : 'good'};${values.map((value) => value.replace('.', ',')).join(';')}`;
    }).join('\n');
  };
  const names = ['kind', ...Array.from({ length: 32 }, (_, i) => `t${i}`)].join(';');

  test('only normal ones are used for training; new files are read with the run’s settings', async () => {
    await write('a.csv', `${names}\n${rows(80, 3)}\n`);
    await write('b.csv', `${names}\n${rows(40, 4)}\n`);
    await write('c.csv', `${rows(40, 5).replaceAll(/^\w+;/gm, '')}\n`);
    const run = await json(
      'train',
      'series',
      '--data',
      'a.csv',
      '--label',
      'kind',
      '--normal',
      'good',
      '--epochs',
      '15',
      '--out',
      'kinds',
    );
    expect(run).toMatchObject({
      experiment: 'series',
      epochs: 15,
      dataset: { id: 'series', source: 'files', train: 48, test: 12 },
    });
    const card = await readFile(join(cli.home, 'kinds/README.md'), 'utf8');
    expect(card).toMatch(/`train series --data a\.csv --label kind --normal good .*--epochs 15`/);
    const evaluated = await json('evaluate', 'series', '--weights', 'kinds', '--data', 'a.csv', 'b.csv');
    expect(evaluated).toMatchObject({
      unit: 'series',
      samples: 120,
      files: [
        { file: 'a.csv', samples: 80 },
        { file: 'b.csv', samples: 40 },
      ],
    });
    expect(evaluated.auroc).toBeGreaterThan(0.95);
    const own = await json('evaluate', 'series', '--weights', 'kinds');
    expect(own).toMatchObject({ split: 'test', unit: 'series', samples: 32, dataset: { train: 48, test: 32 } });

    const { stdout, stderr } = await cli.run(['detect', 'series', '--weights', 'kinds', '--input', 'c.csv']);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe('time,score,verdict');
    const right = lines
      .slice(1)
      .filter(
        (line, i) => line.endsWith(i % 4 === 3 ? 'abnormal' : 'normal') && line.endsWith(',abnormal') === (i % 4 === 3),
      );
    expect(lines).toHaveLength(41);
    expect(right.length).toBeGreaterThan(34);
    expect(stderr).toMatch(/of 40 series abnormal/);
    const streamed = await cli.run(['detect', 'series', '--weights', 'kinds', '--input', '-'], {
      input: await readFile(join(cli.home, 'c.csv'), 'utf8'),
    });
    expect(streamed.stdout).toBe(stdout);
    const labelled = await cli.run(['detect', 'series', '--weights', 'kinds', '--input', '-'], {
      input: await readFile(join(cli.home, 'b.csv'), 'utf8'),
    });
    const read = await cli.run(['detect', 'series', '--weights', 'kinds', '--input', 'b.csv']);
    expect(labelled).toEqual(read);
  }, 240_000);
});

describe('errors are reported in one line, and no files are left', () => {
  const numbers = Array.from({ length: 100 }, (_, t) => (t % 7).toString()).join('\n');
  test.each<[string, string, readonly string[], RegExp]>([
    ['no data', '', [], /series trains on your own data: give files with --data/],
    ['rows of different lengths', 'x,y\n1,2\n3\n', ['--data', 'bad.csv'], /bad\.csv, line 3 has 1 cell instead of 2/],
    [
      'text among numbers',
      `x\n${numbers}\nbroken\n`,
      ['--data', 'bad.csv'],
      /bad\.csv, line 102, column x: "broken" is not a number/,
    ],
    [
      'a constant channel',
      `x,y\n${'1,2\n3,2\n5,2\n'.repeat(40)}`,
      ['--data', 'bad.csv'],
      /Channel y is constant in the training data \(2\)\. .*--columns x/,
    ],
    ['a constant recording', `x\n${'0.1\n'.repeat(100)}`, ['--data', 'bad.csv'], /Channel x is constant .*\(0\.1\)/],
    [
      'a window longer than the recording',
      `x\n${numbers}\n`,
      ['--data', 'bad.csv', '--window', '200'],
      /--window 200 is longer than the recording: bad\.csv has 100 instants/,
    ],
    [
      'labels that are all abnormal',
      `x,bad\n${'1,1\n2,1\n3,1\n'.repeat(20)}`,
      ['--data', 'bad.csv', '--label', 'bad', '--normal', '0'],
      /All \d+ windows are abnormal.*--label and --normal/,
    ],
    [
      'a query that fails',
      `x\n${numbers}\n`,
      ['--data', 'bad.csv', '--query', 'SELECT y FROM data'],
      /--query can't be read: /,
    ],
    [
      'two rules for one threshold',
      `x\n${numbers}\n`,
      ['--data', 'bad.csv', '--deviations', '2', '--contamination', '0.1'],
      /can't be used together/,
    ],
  ])('%s', async (_, text, options, message) => {
    await write('bad.csv', text);
    const { code, stdout, stderr } = await cli.run(['train', 'series', ...options, '--out', 'refused']);
    expect(said(stderr)).toEqual([expect.stringMatching(message)]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(existsSync(join(cli.home, 'refused'))).toBe(false);
  });

  test('options for series are refused by others', async () => {
    const { code, stderr } = await cli.run(['train', 'ecg', '--window', '20']);
    expect([code, ...said(stderr)]).toEqual([2, expect.stringMatching(/--window is only for series, not for ecg/)]);
  });

  test('training works with fewer series than a batch', async () => {
    await write(
      'few.csv',
      `${Array.from({ length: 6 }, (_, i) => Array.from({ length: 10 }, (_, t) => Math.sin(t + i).toFixed(3)).join()).join('\n')}\n`,
    );
    const { code, stdout, stderr } = await cli.run([
      'train',
      'series',
      '--data',
      'few.csv',
      '--epochs',
      '1',
      '--figures',
      'none',
      '--json',
      '--out',
      'few',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dataset: { train: 5, test: 1 } });
    expect(stderr).toContain('\n  input    6 series of 10 instants: 1 channel\n');
  });
});
