import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { csvText, madeUpBeats, ucrText } from '@hourglass/testing/beat-files';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DataError, ECG_CSV_COUNT, ECG_MIRRORS, ECG_PAIR, ecg5000, joinBeats, type SeriesSplit } from '../src/index.ts';
import { DownloadError, type LoadOptions, loadEcg5000 } from '../src/node/index.ts';

const [TRAIN, TEST] = ECG_PAIR;
const PUBLISHED = csvText(madeUpBeats(ECG_CSV_COUNT));

let root: string;
let cacheDir: string;
let notices: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'datasets-'));
  cacheDir = join(root, 'cache');
  notices = [];
  offline.mockClear();
});
afterEach(() => rm(root, { recursive: true }));

const answering = (answer: () => Response) => vi.fn<typeof fetch>(async () => answer());
const serving = (text: string, headers: Record<string, string> = {}) =>
  answering(() => new Response(text, { headers: { 'content-type': 'text/csv', ...headers } }));
const offline = answering(() => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('no name'), { code: 'ENOTFOUND' }) });
});

const load = (options: Partial<LoadOptions> = {}) =>
  loadEcg5000({ cacheDir, notice: (message) => notices.push(message), fetch: offline, ...options });

const problem = (loading: Promise<unknown>): Promise<Error> =>
  loading.then(
    () => {
      throw new Error('was accepted');
    },
    (error: Error) => error,
  );

/** Two different parts, so that a wrong order shows. */
const first = madeUpBeats(6);
const second: SeriesSplit = { ...madeUpBeats(10), values: madeUpBeats(10).values.map((value) => -value - 1) };
const joined = ecg5000(joinBeats(first, second), 'files');

async function writePair(folder: string) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, TRAIN), ucrText(first));
  await writeFile(join(folder, TEST), ucrText(second));
  return folder;
}

test('--data takes the folder of the pair, its parent, or a csv file with any name; --data-dir takes the same folders', async () => {
  const folder = await writePair(join(root, 'ecg5000'));
  const file = join(root, 'beats.csv');
  await writeFile(file, `\uFEFF${csvText(joinBeats(first, second))}`); // as some spreadsheets write it
  for (const data of [folder, root, file]) expect(await load({ data })).toEqual(joined);
  expect(await load({ dataDir: root })).toEqual(joined);
  const csvDir = join(root, 'csv');
  await mkdir(csvDir);
  await writeFile(join(csvDir, 'ecg.csv'), csvText(joinBeats(first, second)));
  expect(await load({ dataDir: csvDir })).toEqual(joined);
  expect(offline).not.toHaveBeenCalled();
  expect(notices).toEqual([]);
});

test('a wrong --data never falls back, and the error says what is wrong and where', async () => {
  const folder = await writePair(join(root, 'ecg5000'));
  const wrong = async (data: string) => {
    const error = await problem(load({ data, fetch: serving(PUBLISHED) }));
    expect(error).toBeInstanceOf(DataError);
    return error.message;
  };
  await writeFile(join(folder, TEST), ucrText(second).replace('   -1.125', ''));
  expect(await wrong(folder)).toContain(`${join(folder, TEST)}, line 1 has 140 columns instead of 141`);
  await writeFile(join(folder, TEST), '');
  expect(await wrong(root)).toContain(`${join(folder, TEST)} is empty`);
  await rm(join(folder, TEST));
  expect(await wrong(root)).toMatch(/ecg5000 lacks ECG5000_TEST\.txt/);
  expect(await wrong(join(folder, TRAIN))).toMatch(/ECG5000_TRAIN\.txt is one of two files.*give the folder/);
  await rm(join(folder, TRAIN));
  expect(await wrong(root)).toMatch(/ecg5000 does not contain ECG5000\. Expected/);
  expect(await wrong(folder)).toMatch(/ecg5000 does not contain ECG5000\. Expected a folder with ECG5000_TRAIN\.txt/);
  expect(await wrong(join(root, 'nowhere'))).toMatch(/no folder .*nowhere/);
  const one = join(root, 'one.csv');
  await writeFile(one, csvText(madeUpBeats(1)));
  expect(await wrong(one)).toContain('at least two');
});

test('--data-dir: a broken set throws, a missing one is searched elsewhere, but never replaced by the stand-in', async () => {
  const dataDir = join(root, 'data');
  await mkdir(join(dataDir, 'ecg5000'), { recursive: true });
  expect(await problem(load({ dataDir, fetch: serving(PUBLISHED) }))).toBeInstanceOf(DataError);
  await rm(join(dataDir, 'ecg5000'), { recursive: true });
  expect((await problem(load({ dataDir }))).message).toMatch(
    /Neither .*data nor the cache contains ECG5000.*ENOTFOUND.*ecg\.csv/,
  );
  expect((await load({ dataDir, fetch: serving(PUBLISHED) })).source).toBe('download');
  expect((await load({ dataDir })).source).toBe('cache');
});

test('a download is announced, reports progress if the length is known, and is cached for the next run', async () => {
  const progress = vi.fn();
  const fetch = serving(PUBLISHED, { 'content-length': `${PUBLISHED.length}` });
  const downloaded = await load({ fetch, progress });
  expect([downloaded.source, downloaded.train.count, downloaded.test.count]).toEqual(['download', 3_998, 1_000]);
  expect(String(fetch.mock.calls[0]![0])).toBe(`${ECG_MIRRORS[0]}ecg.csv`);
  expect(notices).toEqual([
    `Downloading ecg.csv (${(PUBLISHED.length / 1e6).toFixed(1)} MB) from ${ECG_MIRRORS[0]}ecg.csv`,
  ]);
  expect(progress).toHaveBeenLastCalledWith('ecg.csv', PUBLISHED.length, PUBLISHED.length);
  expect(await load()).toEqual({ ...downloaded, source: 'cache' });
  expect(offline).not.toHaveBeenCalled();
});

const shorter = PUBLISHED.slice(0, PUBLISHED.lastIndexOf('\n', PUBLISHED.length - 2) + 1);

test.each([
  ['lacks a row', shorter, {}, /damaged file: it contains 4997 beats instead of 4998/],
  ['has a row too many', `${PUBLISHED}${csvText(madeUpBeats(1))}`, {}, /contains 4999 beats/],
  [
    'ends within a row',
    PUBLISHED.slice(0, -300),
    {},
    /damaged file: ecg\.csv, line 4998 has \d+ columns instead of 141/,
  ],
  ['is shorter than announced', PUBLISHED, { 'content-length': '99999999' }, /ended after \d+ of 99999999 bytes/],
  ['is longer than announced', PUBLISHED, { 'content-length': '1000' }, /more than the expected 1000 bytes/],
  ['is a log-in page', '<html>', { 'content-type': 'text/html' }, /HTML page/],
])('a download that %s throws and is not cached', async (_, text, headers, message) => {
  const error = await problem(load({ fetch: serving(text, headers) }));
  expect(error).toBeInstanceOf(DownloadError);
  expect(error.message).toMatch(message);
  expect(await readdir(cacheDir).catch(() => [])).toEqual([]);
});

test('a damaged file in the cache is noticed and downloaded again', async () => {
  const folder = join(cacheDir, 'ecg5000');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'ecg.csv'), shorter);
  expect((await load({ fetch: serving(PUBLISHED) })).source).toBe('download');
  expect(notices[0]).toMatch(
    /ecg\.csv in the cache is damaged: it contains 4997 beats instead of 4998\. Downloading it again/,
  );
  expect(await readFile(join(folder, 'ecg.csv'), 'utf8')).toBe(PUBLISHED);
});

test('without a network, the stand-in is used and announced', async () => {
  const standIn = await load();
  expect([standIn.source, standIn.train.count, standIn.test.count]).toEqual(['procedural', 4_000, 1_000]);
  expect(notices.at(-1)).toMatch(/ENOTFOUND.*stand-in instead of ECG5000: 4000 \+ 1000 beats drawn by code/);
});
