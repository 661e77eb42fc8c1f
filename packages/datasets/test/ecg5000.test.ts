import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { csvText, madeUpBeats, ucrText } from '@hourglass/testing/beat-files';
import { REAL_DATA } from '@hourglass/testing/real-files';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, ecg5000, joinBeats, parseBeats, parseEcgCsv, parseUcr, type SeriesSplit } from '../src/index.ts';
import { realEcg } from './real-files.ts';

const row = (count: number, start = 0) => Array.from({ length: count }, (_, i) => start + i / 4);

/** Beats as strings, to sort and compare them as a set. */
const asText = ({ count, values, normal }: SeriesSplit) =>
  Array.from({ length: count }, (_, i) => `${normal[i]}:${values.subarray(i * 140, (i + 1) * 140).join()}`);

function problem(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

test('both formats are read with their labels', () => {
  const ucr = parseUcr(`1 ${row(140).join(' ')}\n   3.0000000e+00\t${row(140, 9).join('\t')}`, 'f');
  expect([ucr.count, ...ucr.normal]).toEqual([2, 1, 0]);
  expect([...ucr.values]).toEqual([...row(140), ...row(140, 9)]);
  const csv = parseEcgCsv(`${row(140).join(',')},1.0\r\n${row(140, 9).join(', ')},0\r\n\r\n`, 'f');
  expect(csv).toEqual(ucr);
});

test('joined beats are those of the first, then those of the second', () => {
  const [one, other] = [`1 ${row(140).join(' ')}`, `2 ${row(140, 9).join(' ')}`].map((text) => parseUcr(text, 'f'));
  const { count, values, normal } = joinBeats(one!, other!);
  expect([count, ...normal]).toEqual([2, 1, 0]);
  expect([...values]).toEqual([...row(140), ...row(140, 9)]);
});

test('of the five UCR classes, one is normal and four are abnormal', () => {
  const text = [1, 2, 3, 4, 5].map((label) => [label, ...row(140)].join(' ')).join('\n');
  expect([...parseUcr(text, 'f').normal]).toEqual([1, 0, 0, 0, 0]);
});

test('beats without labels may be separated by commas or whitespace', () => {
  expect([...parseBeats(`${row(140).join(',')}\n\n${row(140, 5).join('  ')}\n`, 'f')]).toEqual([
    ...row(140),
    ...row(140, 5),
  ]);
});

const lines = (...changed: [at: number, line: string][]) => {
  const all = Array.from({ length: 9 }, () => row(140).join(','));
  for (const [at, line] of changed) all[at - 1] = line;
  return all.join('\n');
};

test.each([
  ['139 columns', lines([7, row(139).join(',')]), /beats\.csv, line 7 has 139 columns instead of 140/],
  ['a comma at the end', lines([3, `${row(140).join(',')},`]), /line 3 ends with a comma/],
  ['a label too many', lines([3, row(141).join(',')]), /line 3 has 141 columns instead of 140.*samples of a beat/],
  ['text', lines([7, row(140).with(2, Number.NaN).join(',').replace('NaN', 'wide')]), /line 7, column 3 is "wide"/],
  [
    'a header',
    lines([
      1,
      row(140)
        .map((_, i) => `t${i}`)
        .join(','),
    ]),
    /line 1, column 1 is "t0".*without a header/,
  ],
  ['NaN', lines([2, row(140).with(139, Number.NaN).join(',')]), /line 2, column 140 is "NaN", not a finite number/],
  [
    'an infinity',
    lines([
      2,
      row(140)
        .with(0, -1 / 0)
        .join(','),
    ]),
    /line 2, column 1 is "-Infinity"/,
  ],
  ['more than float32 can represent', lines([2, row(140).with(0, 1e39).join(',')]), /line 2, column 1 is "1e\+39"/],
  ['an empty cell', lines([4, row(140).join(',').replace('0.25', '')]), /line 4, column 2 is ""/],
  ['blank lines that count as lines', `\n \n${row(3).join(',')}`, /line 3 has 3 columns/],
  ['no lines', ' \n\n', /beats\.csv is empty.*140 samples/],
  ['a long word', 'x'.repeat(1e6), /line 1 has 1 column instead/],
])('beats with %s throw with name, line and column', (_, text, message) => {
  expect(problem(() => parseBeats(text, 'beats.csv'))).toMatch(message);
});

test('labels are checked, and the two formats are not confused', () => {
  const csv = (label: string) =>
    problem(() => parseEcgCsv(`${lines().split('\n')[0]},0\n${row(140).join()},${label}`, 'ecg.csv'));
  expect(csv('2')).toMatch(/ecg\.csv, line 2: label 2 in column 141 must be 1 \(normal\) or 0 \(abnormal\)/);
  expect(csv('0.5')).toContain('label 0.5');
  const ucr = (label: string) => problem(() => parseUcr(`${label} ${row(140).join(' ')}`, 'T.txt'));
  expect(ucr('6')).toMatch(/T\.txt, line 1: label 6 in column 1 must be 1 \(normal\) or 2 to 5/);
  expect(ucr('0')).toContain('label 0');
  expect(problem(() => parseUcr(row(140).join(' '), 'T.txt'))).toMatch(
    /140 columns instead of 141.*label.*140 samples/,
  );
  expect(problem(() => parseEcgCsv(ucrText(madeUpBeats(4)), 'f'))).toMatch(/line 1: label 17.375 in column 141/);
});

test('any text is read or throws a DataError', () => {
  const piece = fc.oneof(
    fc.constantFrom(',', ' ', '\n', '\r', 'NaN', '-', 'e', '"', ','.repeat(139)),
    fc.double().map(String),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 300 }), (pieces) => {
      for (const parse of [parseBeats, parseUcr, parseEcgCsv]) {
        try {
          parse(pieces.join(''), 'f');
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }
    }),
  );
});

test.each([
  [5_000, 4_000, 1_000],
  [4_998, 3_998, 1_000], // ecg.csv
  [2, 1, 1],
])('%i beats are split into %i and %i without loss, labels staying with their beats', (count, train, held) => {
  const beats = madeUpBeats(count);
  const dataset = ecg5000(beats, 'files');
  expect([dataset.id, dataset.length, dataset.train.count, dataset.test.count]).toEqual(['ecg5000', 140, train, held]);
  expect([...asText(dataset.train), ...asText(dataset.test)].sort()).toEqual(asText(beats).sort());
});

test('the split mixes: each fifth of the file supplies about a fifth of the test split', () => {
  const { test: held } = ecg5000(madeUpBeats(5_000), 'files');
  const fifths = [0, 0, 0, 0, 0];
  for (let i = 0; i < 1_000; i++) fifths[Math.floor(held.values[i * 140]! / 100_000)]!++;
  // Hypergeometric: 200 expected, standard deviation 11.3; the tolerance is four of them.
  for (const share of fifths) expect(Math.abs(share - 200)).toBeLessThan(46);
});

test('the split depends only on the number of beats', () => {
  const first = ecg5000(madeUpBeats(5_000), 'files');
  const other = madeUpBeats(5_000);
  const second = ecg5000(
    { ...other, values: other.values.map((value) => -value), normal: other.normal.map(() => 1) },
    'cache',
  );
  expect(second.test.values).toEqual(first.test.values.map((value) => -value));
  // Computed by an independent program. With another split, results would not be comparable with earlier runs.
  const rows = Array.from({ length: 6 }, (_, i) => first.test.values[i * 140]! / 100);
  expect(rows).toEqual([2911, 2217, 2545, 2453, 1116, 89]);
});

test('minimum and maximum are those of the training split, including abnormal beats', () => {
  const beats = madeUpBeats(50);
  const { test: held } = ecg5000(beats, 'files');
  const extreme = (rows: number[], value: number) => {
    const values = beats.values.slice();
    for (const i of rows) values[i * 140 + 7] = value;
    return ecg5000({ ...beats, values }, 'files');
  };
  const inTest = Array.from({ length: held.count }, (_, i) => held.values[i * 140]! / 100);
  const inTrain = Array.from(beats.normal.keys()).filter((i) => !inTest.includes(i));
  const abnormal = inTrain.find((i) => beats.normal[i] === 0)!;
  expect(extreme(inTest, -1e6).minimum).toBe(Math.min(...inTrain) * 100);
  expect(extreme(inTest, 1e6).maximum).toBe(Math.max(...inTrain) * 100 + 139 / 8);
  expect(extreme([abnormal], -1e6).minimum).toBe(-1e6);
  expect(extreme([abnormal], 1e6).maximum).toBe(1e6);
});

test.each([0, 1])('a first line that numbers the columns from %d is a header: skipped with a notice', (start) => {
  const heard: string[] = [];
  const counted = Array.from({ length: 140 }, (_, i) => i + start).join();
  const beats = parseBeats(`${counted}\n${row(140).join()}`, 'new.csv', (message) => heard.push(message));
  expect([...beats]).toEqual(row(140));
  expect(heard).toEqual([expect.stringMatching(/^new\.csv, line 1 numbers the columns from \d: .*header/)]);
});

test.each(['0x10', '0b1', '1_000', 'Infinity', '1,5'])('%s is not a number in a table', (cell) => {
  expect(problem(() => parseBeats(`${row(139).join(';')};${cell}`.replaceAll(';', ' '), 'f'))).toMatch(/line 1/);
});

test('beats with a single value have no range', () => {
  const beats = madeUpBeats(60);
  expect(problem(() => ecg5000({ ...beats, values: beats.values.fill(0.5) }, 'files'))).toMatch(
    /the same value, 0\.5, so there is no range to scale by/,
  );
});

test('one beat can’t be split', () => {
  expect(problem(() => ecg5000(madeUpBeats(1), 'files'))).toContain('at least two, not 1');
});

const realText = (name: string) => readFileSync(`${REAL_DATA}/ecg5000/${name}`, 'utf8');

test.skipIf(realEcg.skip)(`the real pair has its published sums, counts and normalisation${realEcg.note}`, () => {
  for (const [name, md5, count, normal] of [
    ['ECG5000_TRAIN.txt', 'a7ec9b6577e0cc897dca3adaaa0699ed', 500, 292],
    ['ECG5000_TEST.txt', '7ba001a264a37ee360326b17ee0ff693', 4_500, 2_627],
  ] as const) {
    const text = realText(name);
    expect(createHash('md5').update(text).digest('hex')).toBe(md5);
    const beats = parseUcr(text, name);
    expect([beats.count, beats.normal.filter((one) => one === 1).length]).toEqual([count, normal]);
    for (let i = 0; i < count; i++) {
      const beat = beats.values.subarray(i * 140, (i + 1) * 140);
      const squares = beat.reduce((sum, value) => sum + value * value, 0);
      expect(squares / 139).toBeCloseTo(1, 5); // the text has 8 digits, float32 7
    }
  }
});

test.skipIf(realEcg.skip)(`ecg.csv written from the real pair gives the same dataset${realEcg.note}`, () => {
  const pair = joinBeats(parseUcr(realText('ECG5000_TRAIN.txt'), 'a'), parseUcr(realText('ECG5000_TEST.txt'), 'b'));
  expect(pair.values[0]).toBe(Math.fround(-0.11252183)); // first of TRAIN
  const csv = parseEcgCsv(csvText(pair), 'ecg.csv');
  expect(csv.values).toEqual(pair.values);
  expect(csv.normal).toEqual(pair.normal);
  const { minimum, maximum, train, test: held } = ecg5000(csv, 'files');
  expect([train.count, held.count]).toEqual([4_000, 1_000]);
  // All 5 000 beats are between these values, found with an independent reader.
  expect(minimum).toBeGreaterThanOrEqual(Math.fround(-7.0903741));
  expect(maximum).toBeLessThanOrEqual(Math.fround(7.4021031));
  expect(train.normal.filter((one) => one === 1).length + held.normal.filter((one) => one === 1).length).toBe(2_919);
});
