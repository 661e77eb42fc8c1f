import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { REAL_DATA } from '@hourglass/testing/real-files';
import { npyFile, zipOf } from '@hourglass/testing/zip-files';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RecordingSet, SeriesOptions } from '../../src/index.ts';
import { readSeries } from '../../src/node/index.ts';
import { realEcg } from '../real-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'series-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

const write = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const read = (
  paths: string | readonly string[],
  options: SeriesOptions & { query?: string } = {},
): Promise<RecordingSet> =>
  readSeries([paths].flat(), { folder, nameOf: (path) => path.slice(folder.length + 1), ...options });

/** Runs SQL to create files. */
async function sql(...statements: readonly string[]): Promise<void> {
  const connection = await (await DuckDBInstance.create()).connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
}

/** An uncompressed `.npz` of float64 arrays: APPNOTE.TXT's local headers, directory and end. */
function npz(arrays: Readonly<Record<string, { shape: readonly number[]; values: readonly number[] }>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`;
    const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
    const content = Buffer.concat([magic, Buffer.from(header), Buffer.from(Float64Array.from(values).buffer)]);
    const file = Buffer.from(`${name}.npy`);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(file.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(file.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, file, content);
    directory.push(entry, file);
    at += local.length + file.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length / 2, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

describe.skipIf(realEcg.skip)(`ECG5000 in every format${realEcg.note}`, () => {
  let rows: (readonly string[])[];
  let original: RecordingSet;
  const numbers = ({ recordings }: RecordingSet): number[][] => recordings.map(({ values }) => [...values]);
  const labels = ({ recordings }: RecordingSet): (number | undefined)[] => recordings.map(({ normal }) => normal?.[0]);
  const same = (found: RecordingSet): void => {
    expect(found.layout).toBe('series');
    expect(numbers(found)).toEqual(numbers(original));
    expect(labels(found)).toEqual(labels(original));
  };

  beforeAll(async () => {
    const text = await readFile(join(REAL_DATA, 'ecg5000', 'ECG5000_TRAIN.txt'), 'utf8');
    rows = text
      .trim()
      .split('\n')
      .map((line) =>
        line
          .trim()
          .split(/\s+/)
          .map((cell) => String(Number(cell))),
      );
    await writeFile(join(folder, 'ucr.txt'), text);
    original = await read(join(folder, 'ucr.txt'), { label: '1', normal: '1' });
    expect(original.recordings).toHaveLength(500);
    expect(original.recordings.every(({ length }) => length === 140)).toBe(true);
    expect(labels(original).filter((label) => label === 1)).toHaveLength(292);
    expect(numbers(original)[0]!.slice(0, 2)).toEqual(
      [rows[0]![1], rows[0]![2]].map((cell) => Math.fround(Number(cell))),
    );
    const names = Array.from({ length: 140 }, (_, i) => `t${i}`);
    await writeFile(join(folder, 'wide.csv'), [['kind', ...names], ...rows].map((row) => row.join(',')).join('\r\n'));
    const long = rows.flatMap(([label, ...values], i) =>
      values.map((value, t) => `${i};${t};${value.replace('.', ',')};${label}`),
    );
    await writeFile(join(folder, 'long.csv'), `beat;t;mV;kind\n${long.join('\n')}\n`);
    await sql(`COPY (FROM read_csv('${folder}/wide.csv')) TO '${folder}/wide.parquet'`);
    await sql(
      `COPY (SELECT kind, [${names.map((name) => `CAST(${name} AS DOUBLE)`).join()}] AS beat FROM read_csv('${folder}/wide.csv')) TO '${folder}/lists.json'`,
    );
  });

  test('a wide csv with a header', async () =>
    same(await read(join(folder, 'wide.csv'), { label: 'kind', normal: '1' })));

  test('a long csv with semicolons and decimal commas', async () =>
    same(await read(join(folder, 'long.csv'), { id: 'beat', time: 't', columns: ['mV'], label: 'kind', normal: '1' })));

  test('Parquet', async () => same(await read(join(folder, 'wide.parquet'), { label: 'kind', normal: '1' })));

  test('JSON lines with one list per line', async () =>
    same(await read(join(folder, 'lists.json'), { label: 'kind', normal: '1' })));

  test('an SQL query', async () =>
    same(await read(join(folder, 'wide.parquet'), { query: 'SELECT * FROM data', label: 'kind', normal: '1' })));

  test('.ts', async () => {
    const lines = rows.map(([label, ...values]) => `${values.join(',')}:${label}`);
    same(
      await read(await write('a.ts', `@timeStamps false\n@classLabel true 1 2 3 4 5\n@data\n${lines.join('\n')}\n`), {
        normal: '1',
      }),
    );
  });

  test('.npz', async () => {
    const values = rows.flatMap((row) => row.slice(1).map(Number));
    const file = npz({
      X: { shape: [500, 140], values },
      y: { shape: [500], values: rows.map(([label]) => Number(label)) },
    });
    same(await read(await write('a.npz', file), { label: 'y', normal: '1' }));
  });

  test('several files given by a pattern', async () => {
    await mkdir(join(folder, 'parts'));
    const line = (row: readonly string[]): string => row.join('\t');
    await writeFile(join(folder, 'parts', 'a.tsv'), rows.slice(0, 200).map(line).join('\n'));
    await writeFile(join(folder, 'parts', 'b.tsv'), rows.slice(200).map(line).join('\n'));
    const found = await read(join(folder, 'parts', '?.tsv'), { label: '1', normal: '1' });
    same(found);
    expect(new Set(found.recordings.map(({ file }) => file))).toEqual(new Set(['parts/a.tsv', 'parts/b.tsv']));
  });
});

describe('NumPy files', () => {
  const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');

  test('a compressed .npz of float32 and labels, written by NumPy 1.24', async () => {
    // np.savez_compressed(file, X=np.arange(16, dtype='<f4').reshape(2, 8) / 4, y=np.array([1, 0]))
    const file = bytes(
      'UEsDBBQAAAAIAAAAIQBJK1IPcQAAAMAAAAAFABQAWC5ucHkBABAAwAAAAAAAAABxAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6ChaaOgq1CmQDLgYwaLADEvYMDA5A3ADEC4D4ABA/AGIGBwYGASBWAGIDIHYA4gAgTgDiAgcAUEsDBBQAAAAIAAAAIQBx+zmrSAAAAJAAAAAFABQAeS5ucHkBABAAkAAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC5GBlQAAFBLAQIUAxQAAAAIAAAAIQBJK1IPcQAAAMAAAAAFAAAAAAAAAAAAAACAAQAAAABYLm5weVBLAQIUAxQAAAAIAAAAIQBx+zmrSAAAAJAAAAAFAAAAAAAAAAAAAACAAagAAAB5Lm5weVBLBQYAAAAAAgACAGYAAAAnAQAAAAA=',
    );
    const { recordings } = await read(await write('compressed.npz', file), { label: 'y', normal: '1' });
    expect(recordings.map(({ values }) => [...values])).toEqual([
      [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75],
      [2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 3.75],
    ]);
    expect(recordings.map(({ normal }) => normal![0])).toEqual([1, 0]);
    await expect(read(await write('short.npz', file.subarray(0, 200)))).rejects.toThrow(
      /short\.npz is not a readable \.npz file: .*cut short/,
    );
  });

  test('16-bit floats, and times and objects, which are not read', async () => {
    // np.save(file, np.array([1, -2.5, 0.0999755859375, 6e-8, 65504], '<f2'))
    const file = npyFile('<f2', [5], new Uint8Array(Uint16Array.of(0x3c00, 0xc100, 0x2e66, 1, 0x7bff).buffer));
    const [{ values }] = (await read(await write('half.npy', file))).recordings as [RecordingSet['recordings'][0]];
    expect([...values]).toEqual([1, -2.5, 0.0999755859375, 2 ** -24, 65504]);
    await expect(read(await write('times.npy', npyFile('<M8[ns]', [1], new Uint8Array(8))))).rejects.toThrow(
      /times\.npy contains times \(NumPy's datetime64 or timedelta64\), which are not read\. .*astype\('int64'\)/,
    );
    await expect(read(await write('objects.npy', npyFile('|O', [1], new Uint8Array(8))))).rejects.toThrow(
      /objects\.npy contains Python objects, saved with pickle/,
    );
  });

  test('columns first and big-endian, as a recording of three channels', async () => {
    // np.save(file, np.asfortranarray(np.arange(6, dtype='>i2').reshape(2, 3)))
    const file = bytes(
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAMAAQAEAAIABQA=',
    );
    const { layout, channels, recordings } = await read(await write('a.npy', file));
    expect([layout, channels]).toEqual(['recording', ['1', '2', '3']]);
    expect([...recordings[0]!.values]).toEqual([0, 1, 2, 3, 4, 5]);
    await expect(read(await write('short.npy', file.subarray(0, -2)))).rejects.toThrow(
      /cut short, with 138 of 140 bytes/,
    );
  });
});

describe('tables', () => {
  const rows = (count: number, row: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => row(i)).join('\n');

  test('a time column makes rows instants', async () => {
    const text = `timestamp,x,y,bad\n${rows(20, (i) => `2024-01-01 00:00:${String(i).padStart(2, '0')},${i},${2 * i},${i === 7 ? 1 : 0}`)}\n`;
    const { layout, channels, recordings } = await read(await write('rec.csv', text), { label: 'bad', normal: '0' });
    expect([layout, channels, recordings.length]).toEqual(['recording', ['x', 'y'], 1]);
    expect([...recordings[0]!.values.subarray(0, 6)]).toEqual([0, 0, 1, 2, 2, 4]);
    expect(recordings[0]!.times![3]).toBe('2024-01-01 00:00:03');
    expect([...recordings[0]!.normal!]).toEqual(Array.from({ length: 20 }, (_, i) => (i === 7 ? 0 : 1)));
  });

  test.each([
    ...['timestamp_ms', 'time_s', 'Time [s]', 'Zeit [s]', 'Zeit', 'Datum', 'date_time', 'utc', 't (ms)', 'time stamp'],
    ...['2026-01-31', '2026/01/31', '31.01.2026', '2026-01-31T12:00:00Z', '31.01.2026 12:00'],
  ])('%s is a time', async (text) => {
    const [name, cell] = /\d/.test(text) ? ['when', text] : [text, '5'];
    const { channels, recordings } = await read(await write('a.csv', `${name},x\n${cell},1\n${cell},2\n`));
    expect([channels, recordings[0]!.times]).toEqual([['x'], [cell, cell]]);
  });

  test.each(['t_min', 'T [K]', 'timer', 'uptime', 'dates_seen', 'when'])('%s is no time', async (name) => {
    const { channels } = await read(await write('a.csv', `${name},x\n20260131,1\n20260201.5,2\n`));
    expect(channels).toEqual([name, 'x']);
  });

  test('a named time comes before other dates, and a channel is no time', async () => {
    const path = await write('a.csv', 'installed,t,x\n2020-01-01,5,1\n2020-01-01,6,2\n');
    expect((await read(path)).recordings[0]!.times).toEqual(['5', '6']);
    expect((await read(path, { columns: ['t'] })).channels).toEqual(['t']);
  });

  test.each([
    ['1', '2', '1.5'],
    ['2026-01-31 10:00', '2026-02-01 10:00', '2026-01-31 11:00'],
    ['2026/01/31', '2026/02/02', '2026/02/01'],
    ['2026-01-31T10:00:00.5Z', '2026-01-31T10:00:01Z', '2026-01-31T11:00:00+02'],
    // In Berlin, both are 03:30.
    ['2026-03-29 01:30', '2026-03-29 03:30', '2026-03-29 02:30'],
  ])('times that go back: %s, %s, %s', async (...times) => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const path = await write('a.csv', `my time,x\n${times.map((time) => `${time},1`).join('\n')}\n`);
    await expect(read(path, { time: 'my time' })).rejects.toThrow(
      `a.csv, line 4: the time in column my time goes back from ${times[1]} to ${times[2]}. Rows must be sorted by time, for example with --query "SELECT * FROM data ORDER BY \\"my time\\"". If the rows belong to several series, name the column that identifies them with --id.`,
    );
  });

  test('a clock that is set back once', async () => {
    const minutes = rows(100, (i) => `2026-10-25 02:${String(i % 50).padStart(2, '0')},1`);
    const path = await write('a.csv', `t,x\n${minutes}\n`);
    expect((await read(path)).recordings[0]!.times?.slice(49, 51)).toEqual(['2026-10-25 02:49', '2026-10-25 02:00']);
  });

  test('every series of a table has its own times', async () => {
    const sorted = await write('a.csv', `id,t,x\n${rows(4, (i) => `${i % 2},${i},1`)}\n0,,1\n0,2,1\n`);
    expect((await read(sorted, { id: 'id' })).recordings[0]!.times).toEqual(['0', '2', '', '2']);
    const shuffled = await write('b.csv', 'id,t,x\n0,1,1\n1,0,1\n1,1,1\n0,0,1\n');
    await expect(read(shuffled, { id: 'id' })).rejects.toThrow(
      /b\.csv, line 5: the time in column t goes back from 1 to 0\. .* ORDER BY id, t"\.$/,
    );
  });

  test.each([[''], ['Unnamed: 0']])('an index under %j is no channel, which is said', async (name) => {
    const set = await read(await write('index.csv', `${name},a,b\n0,1,2\n1,3,4\n`));
    expect(set.channels).toEqual(['a', 'b']);
    expect(set.notes).toEqual(['index.csv: the first column has no name and numbers the rows, so it is left out.']);
    const wide = await read(
      await write('wide.csv', `${name},0,1,2,3,4,5,6,7,8\n${rows(3, (i) => `${i},1,2,3,4,5,6,7,8,${i}`)}`),
    );
    expect(wide.recordings.map(({ length }) => length)).toEqual([9, 9, 9]);
    const sql = await read(join(folder, 'index.csv'), { query: 'SELECT * FROM data' });
    expect(sql.channels).toEqual(['a', 'b']);
    const numbers = await read(await write('numbers.csv', `${name},a\n0.5,1\n2,3\n`));
    expect(numbers.channels).toHaveLength(2);
  });

  test.each<[string, string, SeriesOptions & { query?: string }, RegExp]>([
    [
      'text among numbers',
      `x,y\n${rows(20, (i) => `${i},${i === 12 ? 'oops' : i}`)}\n`,
      {},
      /a\.csv, line 14, column y: "oops" is not a number/,
    ],
    [
      'a column that does not exist',
      'x,y\n1,2\n',
      { columns: ['z'] },
      /a\.csv has no column "z" for --columns\. It has 2: x, y/,
    ],
    [
      'a label without a normal value',
      'x,bad\n1,0\n2,1\n3,0\n',
      { label: 'bad' },
      /say with --normal which value of bad is normal\. It contains 0 \(2 times\), 1 \(1 times\)/,
    ],
    [
      'a normal value without a label',
      'x,bad\n1,0\n2,1\n',
      { normal: '0' },
      /--normal 0 is a label\. Say with --label/,
    ],
    ['words as channels', 'x,name\n1,a\n2,b\n', { columns: ['name'] }, /column name contains "a", not numbers/],
    [
      'words among numbers as channels',
      JSON.stringify({ x: '1' }).concat('\n', JSON.stringify({ x: 'a' })),
      { columns: ['x'], query: "SELECT * FROM read_json('a.csv')" },
      /row 2: column x contains "a", not numbers/,
    ],
    ['a gap', 'x,y\n1,2\n,3\n4,5\n', {}, /a\.csv, column x: numbers are missing in line 3/],
    [
      'no numbers',
      'x,y\n,b\n50%,d\n',
      {},
      /has no column of numbers\. In line 3, column 1 contains "50%"; numbers have neither units nor/,
    ],
    ['thousands', 't,x\n1,"1,000.5"\n', {}, /no column of numbers\. In line 2, column x contains "1,000\.5"/],
    ['a query that fails', 'x\n1\n2\n', { query: 'SELECT nothing FROM data' }, /--query can't be read: .*nothing/],
  ])('%s', async (_, text, options, message) => {
    const path = await write('a.csv', text);
    await expect(read(path, options)).rejects.toThrow(message);
  });

  test('files that are cut short, missing, or not text', async () => {
    await sql(`COPY (SELECT range AS x FROM range(1000)) TO '${folder}/whole.parquet'`);
    const whole = await readFile(join(folder, 'whole.parquet'));
    await expect(read(await write('cut.parquet', whole.subarray(0, whole.length - 100)))).rejects.toThrow(
      /^cut\.parquet can't be read: /,
    );
    await expect(read(join(folder, 'none.csv'))).rejects.toThrow(/none\.csv can't be read: there is no such file/);
    await expect(read(join(folder, 'none*.csv'))).rejects.toThrow(/No file matches/);
    await expect(read(await write('bytes.csv', Uint8Array.of(1, 0, 2, 0)))).rejects.toThrow(/bytes\.csv is not text/);
  });

  test('series of a million numbers', async () => {
    const values = new Array<number>(2_000_000).fill(0);
    const path = await write('wide.npz', npz({ x: { shape: [2, 1_000_000], values } }));
    await expect(read(path)).rejects.toThrow(/^wide\.npz: a series must have 8 to 100000 numbers, not 1000000/);
  });

  test('files that do not fit each other', async () => {
    const paths = [await write('two.csv', 'x,y\n1,2\n3,4\n'), await write('one.csv', 'x\n1\n2\n')];
    await expect(read(paths)).rejects.toThrow(
      /two\.csv contains a recording with 2 channels, but one\.csv contains a recording with 1 channel/,
    );
  });

  test('truth values are labels, however they are written', async () => {
    await sql(`COPY (SELECT i AS x, i < 2 AS ok FROM range(3) t(i)) TO '${folder}/ok.parquet'`);
    const paths = [
      join(folder, 'ok.parquet'),
      await write('ok.csv', 'x,ok\n0,True\n1,True\n2,False\n'),
      await write('ok.jsonl', '{"x":0,"ok":true}\n{"x":1,"ok":true}\n{"x":2,"ok":false}\n'),
    ];
    for (const path of paths) {
      for (const normal of ['true', 'True', '1'])
        expect([...(await read(path, { label: 'ok', normal })).recordings[0]!.normal!]).toEqual([1, 1, 0]);
      await expect(read(path, { label: 'ok' })).rejects.toThrow(/It contains true \(2 times\), false \(1 times\)/i);
    }
    const { labels } = await read(paths, { label: 'ok', normal: 'false' });
    expect(labels).toEqual(new Map(Object.entries({ true: 4, false: 2, True: 2, False: 1 })));
    const bools = zipOf([
      ['x.npy', npyFile('<f4', [2, 8, 1], new Uint8Array(64))],
      ['y.npy', npyFile('|b1', [2], Uint8Array.of(1, 0))],
    ]);
    const set = await read(await write('ok.npz', bools), { label: 'y', normal: 'true' });
    expect(set.recordings.map(({ normal }) => normal![0])).toEqual([1, 0]);
    expect([...set.labels!.keys()]).toEqual(['true', 'false']);
  });

  test('an infinite number is named', async () => {
    await sql(`COPY (SELECT 'inf'::DOUBLE AS x) TO '${folder}/inf.parquet'`);
    await expect(read(join(folder, 'inf.parquet'))).rejects.toThrow(
      /inf\.parquet, column x: the number in row 1 is Infinity/,
    );
  });

  test('columns of lists are channels', async () => {
    const list = (from: number, length = 8): string => JSON.stringify(Array.from({ length }, (_, i) => from + i));
    const path = await write(
      'lists.jsonl',
      `{"n":5,"x":${list(0)},"y":${list(10)}}\n{"n":6,"x":${list(20)},"y":${list(30)}}\n`,
    );
    const both = await read(path);
    expect([both.layout, both.channels]).toEqual(['series', ['x', 'y']]);
    expect(both.recordings.map(({ values }) => [...values.subarray(0, 4)])).toEqual([
      [0, 10, 1, 11],
      [20, 30, 21, 31],
    ]);
    expect((await read(path, { columns: ['y', 'x'] })).recordings[0]!.values.subarray(0, 2)).toEqual(
      Float32Array.of(10, 0),
    );
    const one = await read(path, { columns: ['y'], label: 'n', normal: '6', length: 8 });
    expect([one.layout, one.channels, [...one.recordings[0]!.values]]).toEqual([
      'series',
      ['value'],
      JSON.parse(list(10)),
    ]);
    const odd = await write('odd.jsonl', `{"x":${list(0)},"y":${list(0, 9)}}\n`);
    await expect(read(odd)).rejects.toThrow(
      /odd\.jsonl: in each row, column x has 8 numbers, but column y has 9 numbers\. .*--columns/,
    );
  });

  test('a query may end in a comment', async () => {
    const path = await write('a.csv', 'x,y\n1,2\n3,4\n');
    for (const end of ['-- all', '; -- all', ';'])
      expect((await read(path, { query: `SELECT x FROM data ${end}` })).channels).toEqual(['x']);
  });

  test('files are joined by the names of their columns, without names by position', async () => {
    const valuesOf = ({ recordings }: RecordingSet): number[][] => recordings.map(({ values }) => [...values]);
    const first = await write('m1.csv', 'a,b\n1,10\n2,20\n');
    const swapped = await write('m2.csv', 'b,a\n30,3\n40,4\n');
    const set = await read([first, swapped]);
    expect(set.channels).toEqual(['a', 'b']);
    expect(valuesOf(set)[1]).toEqual([3, 30, 4, 40]);
    expect(valuesOf(await read([first, await write('m3.csv', '3,30\n4,40\n')]))[1]).toEqual([3, 30, 4, 40]);
    await expect(read([first, await write('m4.csv', 'a,c\n1,10\n2,20\n')])).rejects.toThrow(
      /m1\.csv has the channels a, b, but m4\.csv has a, c\. .*--columns/,
    );
  });

  test('a .ts file with a word or without series, and one with different lengths', async () => {
    const head = '@timeStamps false\n@classLabel true 0 1\n@data\n';
    await expect(read(await write('bad.ts', `${head}1,2,x:0\n`))).rejects.toThrow(
      /bad\.ts, line 4: "x" is not a number/,
    );
    await expect(read(await write('none.ts', head))).rejects.toThrow(/none\.ts has no series/);
    const uneven = await read(await write('uneven.ts', `${head}1,2,3:0\n1,2:1\n`), { normal: '0' });
    expect(uneven.layout).toBe('recording');
  });
});
