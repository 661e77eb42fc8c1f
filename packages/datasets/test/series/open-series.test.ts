import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Recording, SeriesChunk, SeriesOptions } from '../../src/index.ts';
import { openSeries, readSeries, type Shard } from '../../src/node/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chunks-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const optionsOf = (options: SeriesOptions) => ({
  folder,
  nameOf: (path: string) => path.slice(folder.length + 1),
  ...options,
});

async function chunksOf(
  paths: readonly string[],
  options: SeriesOptions = {},
  shard?: Shard,
  context = 0,
): Promise<SeriesChunk[]> {
  const open = await openSeries(paths, optionsOf(options));
  const chunks: SeriesChunk[] = [];
  for await (const file of open!.files(shard, context)) for await (const chunk of file.chunks) chunks.push(chunk);
  return chunks;
}

const plain = ({ name, file, values, times, normal }: Recording) => ({
  ...{ name, file, times, values: [...values] },
  normal: normal && [...normal],
});

const numbers = (row: number, width: number): string[] =>
  Array.from({ length: width }, (_, i) => String(((row * 7919 + i * 104729) % 1000) / 8));
const lines = (rows: number, width: number): string[] =>
  Array.from({ length: rows }, (_, row) => numbers(row, width).join());

/** A `.npy` file of float32 numbers 0, 1, 2, … */
function npy(...shape: readonly number[]): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117);
  const count = shape.reduce((product, extent) => product * extent, 1);
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]),
    Buffer.from(`${header}\n`),
    new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer),
  ]);
}

describe('series, one per row', () => {
  const labelled = lines(300, 9).map((line, i) => `${i % 3 ? 'gut' : '"schlecht; €\nzwei"'},${line}`);
  const files: readonly [string, string, string, SeriesOptions][] = [
    ['with a header', 'header.csv', ['a,b,c,d,e,f,g,h,i', ...lines(300, 9), ''].join('\n'), {}],
    ['without a line break at the end', 'open.csv', lines(301, 8).join('\n'), {}],
    ['with comments, blank lines and a byte order mark', 'odd.csv', `\ufeff# ${lines(90, 8).join('\n\n# x\n')}\n`, {}],
    ['with Windows line breaks', 'windows.csv', `${lines(300, 8).join('\r\n')}\r\n`, {}],
    ['with delimiters at the ends', 'ends.csv', `${lines(300, 9).join(';\n').replaceAll(',', ';')};\n`, {}],
    ['with words of several lines', 'words.csv', labelled.join('\n'), { label: '1', normal: 'gut' }],
    ['more than a chunk', 'long.csv', lines(9000, 8).join('\n'), {}],
  ];

  test.each(files)('%s: the chunks are the file', async (_, name, text, options) => {
    const path = await write(name, text);
    const whole = await readSeries([path], optionsOf(options));
    const chunks = await chunksOf([path], options);
    expect(chunks.flatMap((chunk) => chunk.recordings.map(plain))).toEqual(whole.recordings.map(plain));
    expect(chunks.every(({ recordings }) => recordings.length <= 4096)).toBe(true);
    expect(chunks.every(({ layout }) => layout === whole.layout)).toBe(true);
  });

  test.each(files)('%s: the shards are the file, for any number of shards', async (_, name, text, options) => {
    const path = await write(name, text);
    const whole = (await readSeries([path], optionsOf(options))).recordings;
    for (const count of [2, 17]) {
      let next = 0;
      for (let index = 0; index < count; index++) {
        for (const { first, recordings } of await chunksOf([path], options, { index, count })) {
          expect(first, `${index}/${count}`).toBe(next);
          expect(recordings.map(plain)).toEqual(whole.slice(first, first + recordings.length).map(plain));
          next += recordings.length;
        }
      }
      expect(next).toBe(whole.length);
    }
  });

  test('a border in the middle of a line break or of a letter', async () => {
    const text = `${lines(12, 8)
      .map((line) => `é,${line}`)
      .join('\r\n')}\r\n`;
    const path = await write('borders.csv', text);
    const bytes = Buffer.byteLength(text);
    const counts = [];
    for (let index = 0; index < bytes; index++)
      counts.push(...(await chunksOf([path], {}, { index, count: bytes })).map(({ first }) => first));
    expect(counts).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  test('several files are numbered together', async () => {
    const paths = [
      await write('one.csv', `${lines(50, 8).join('\n')}\n`),
      await write('two.csv', `${lines(70, 8).join('\n')}\n`),
      await write('three.npy', npy(90, 8)),
    ];
    const whole = (await readSeries(paths, optionsOf({}))).recordings;
    for (const count of [1, 4, 9]) {
      const parts = [];
      for (let index = 0; index < count; index++) parts.push(...(await chunksOf(paths, {}, { index, count })));
      expect(parts.flatMap(({ recordings }) => recordings.map(plain))).toEqual(whole.map(plain));
      expect(parts.flatMap(({ first, recordings }) => recordings.map((_, i) => first + i))).toEqual([...whole.keys()]);
    }
  });

  test('Parquet, JSON lines and .npy', async () => {
    const connection = await (await DuckDBInstance.create()).connect();
    const [list, rows] = [join(folder, 'list.parquet'), join(folder, 'rows.jsonl')];
    const value = (i: number): string => `(r * ${i + 3} % 1000) / 8.0`;
    const columns = Array.from({ length: 8 }, (_, i) => value(i));
    await connection.run(`COPY (SELECT [${columns}] AS x FROM range(5000) t(r)) TO '${list}' (FORMAT parquet)`);
    await connection.run(
      `COPY (SELECT ${columns.map((own, i) => `${own} AS c${i}`)} FROM range(300) t(r)) TO '${rows}' (FORMAT json)`,
    );
    connection.closeSync();
    for (const path of [list, rows, await write('deep.npy', npy(300, 20, 2)), await write('flat.npy', npy(5000, 9))]) {
      const whole = (await readSeries([path], optionsOf({}))).recordings;
      for (const count of [1, 3]) {
        const parts = [];
        for (let index = 0; index < count; index++) parts.push(...(await chunksOf([path], {}, { index, count })));
        expect(parts.flatMap(({ recordings }) => recordings.map(plain))).toEqual(whole.map(plain));
      }
    }
  });
});

describe('a recording', () => {
  const text = ['when,x,y', ...lines(6000, 2).map((line, t) => `2026-01-01 ${t},${line}`), ''].join('\n');

  test('the chunks are the file', async () => {
    const path = await write('recording.csv', text);
    const [whole] = (await readSeries([path], optionsOf({}))).recordings;
    const chunks = await chunksOf([path]);
    expect(chunks.map(({ first }) => first)).toEqual([0, 4096]);
    expect(chunks.flatMap(({ recordings }) => [...recordings[0]!.values])).toEqual([...whole!.values]);
    expect(chunks.flatMap(({ recordings }) => recordings[0]!.times)).toEqual(whole!.times);
  });

  test.each([['recording.csv'], ['recording.npy']])('%s: a shard has its context', async (name) => {
    const path = await write(name, name.endsWith('csv') ? text : npy(6000, 3));
    const [whole] = (await readSeries([path], optionsOf({}))).recordings;
    const width = whole!.values.length / whole!.length;
    let within = 0;
    for (let index = 0; index < 5; index++) {
      const chunks = await chunksOf([path], {}, { index, count: 5 }, 10);
      for (const { first, recordings } of chunks) {
        const { values, length } = recordings[0]!;
        expect([...values]).toEqual([...whole!.values.subarray(first * width, (first + length) * width)]);
      }
      const lengths = { before: 0, within: 0, after: 0 };
      for (const { place, recordings } of chunks) lengths[place] += recordings[0]!.length;
      expect([lengths.before, lengths.after]).toEqual([index === 0 ? 0 : 10, index === 4 ? 0 : 10]);
      within += lengths.within;
    }
    expect(within).toBe(6000);
  });
});

test('a time that goes back at the border of two chunks', async () => {
  const times = Array.from({ length: 4098 }, (_, t) => (t === 4096 ? 7 : t));
  const csv = await write('back.csv', `t,x\n${times.map((t) => `${t},${t}`).join('\n')}\n`);
  await expect(chunksOf([csv])).rejects.toThrow(
    /back\.csv, line 4098: the time in column t goes back from 4095 to 7\./,
  );
  const json = await write('back.jsonl', times.map((t) => `{"t":${t},"x":1}`).join('\n'));
  await expect(chunksOf([json])).rejects.toThrow(
    /back\.jsonl, row 4097: the time in column t goes back from 4095 to 7\./,
  );
});

test('the columns of later files are put in the order of the first', async () => {
  const paths = [await write('m1.csv', 'a,b\n1,10\n2,20\n'), await write('m2.csv', 'b,a\n30,3\n40,4\n')];
  const chunks = await chunksOf(paths);
  expect(chunks.map(({ recordings }) => [...recordings[0]!.values])).toEqual([
    [1, 10, 2, 20],
    [3, 30, 4, 40],
  ]);
});

test('what has to be read whole is not opened', async () => {
  const path = await write('ids.csv', lines(100, 3).join('\n'));
  expect(await openSeries([path], optionsOf({ id: '1' }))).toBeUndefined();
  expect(await openSeries([path], optionsOf({ fill: 'linear' }))).toBeUndefined();
  expect(await openSeries([path], { ...optionsOf({}), query: 'SELECT * FROM data' })).toBeUndefined();
});

test.each<[string, string, RegExp]>([
  [
    'a late row of another length',
    `${lines(5000, 8).join('\n')}\n1,2\n`,
    /late\.csv, line 5001 has 2 cells instead of 8/,
  ],
  ['a late word', `${lines(5000, 8).join('\n')}\n1,2,3,x,5,6,7,8\n`, /late\.csv, line 5001, column 4: "x" is not/],
  ['a late gap', `${lines(5000, 8).join('\n')}\n1,2,3,,5,6,7,8\n`, /late\.csv, line 5001: numbers are missing/],
  ['a late number at the end', `${lines(5000, 8).join(',\n')},5\n`, /line 5000 has a number in the last column/],
  ['an open quotation mark', `${lines(5000, 8).join('\n')}\n"1,2`, /line 5001 opens a quotation mark/],
])('%s is reported with its line', async (_, text, message) => {
  const path = await write('late.csv', text);
  await expect(chunksOf([path])).rejects.toThrow(message);
});
