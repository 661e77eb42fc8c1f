import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorker, plainPng } from '@hourglass/testing/cartoon-files';
import { needs, REAL_DATA } from '@hourglass/testing/real-files';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ECG_PAIR } from '../src/index.ts';
import { locateDataset, verifyDataset } from '../src/node/index.ts';

let root: string;
let cacheDir: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'datasets-'));
  cacheDir = join(root, 'cache');
});
afterEach(() => rm(root, { recursive: true }));

const put = async (...path: string[]): Promise<string> => {
  const file = join(root, ...path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, plainPng([1, 2, 3, 255]));
  return file;
};

test('a folder of datasets comes before the cache, which is used for datasets it lacks', async () => {
  await put('cache', 'fashion-mnist', 't10k-labels-idx1-ubyte.gz');
  await put('cache', 'ecg5000', 'ecg.csv');
  await put('sets', 'ecg5000', ECG_PAIR[0]);
  const dataDir = join(root, 'sets');
  expect(await locateDataset('fashion-mnist', { dataDir, cacheDir })).toBe(join(cacheDir, 'fashion-mnist'));
  expect(await locateDataset('ecg5000', { dataDir, cacheDir })).toBe(join(dataDir, 'ecg5000'));
  expect(await locateDataset('ecg5000', { cacheDir })).toBe(join(cacheDir, 'ecg5000'));
  expect(await locateDataset('cartoonset', { dataDir, cacheDir })).toBeUndefined();
  expect(await locateDataset('cartoonset', { dataDir: join(root, 'nowhere'), cacheDir })).toBeUndefined();
});

test('a path given as data excludes all others, and may have any name', async () => {
  await put('cache', 'ecg5000', 'ecg.csv');
  await put('faces', 'more', 'a.png');
  const csv = await put('mine.csv');
  const ofData = (id: 'ecg5000' | 'cartoonset', data: string) =>
    locateDataset(id, { data: join(root, data), cacheDir });
  expect(await ofData('cartoonset', 'faces')).toBe(join(root, 'faces'));
  expect(await ofData('ecg5000', 'faces')).toBeUndefined();
  expect(await ofData('ecg5000', 'mine.csv')).toBe(csv);
  expect(await ofData('cartoonset', 'nowhere')).toBeUndefined();
  expect(await ofData('cartoonset', 'cache/ecg5000')).toBeUndefined(); // it contains no images
});

test('archives come before folders, the larger one first', async () => {
  const dataDir = join(root, 'sets');
  for (const name of ['cartoonset/a.png', 'cartoonset-256.tar', 'cartoonset10k.tgz', 'cartoonset100k.tgz']) {
    await put('sets', ...name.split('/'));
    const expected = join(dataDir, name.split('/')[0]!);
    expect(await locateDataset('cartoonset', { dataDir, cacheDir })).toBe(expected);
  }
});

test('a file that is not an archive is bad', async () => {
  const archive = await put('cartoonset10k.tgz');
  const workerUrl = await buildWorker();
  const [verdict] = await verifyDataset('cartoonset', archive, { workerUrl });
  expect(verdict).toMatchObject({ file: 'cartoonset10k.tgz', state: 'bad' });
});

test('one file of a pair is missing, and the other is not the official one', async () => {
  await put('ecg5000', ECG_PAIR[0]);
  expect(await verifyDataset('ecg5000', join(root, 'ecg5000'))).toMatchObject([
    { file: ECG_PAIR[0], state: 'bad' },
    { file: ECG_PAIR[1], state: 'missing' },
  ]);
});

const OFFICIAL = ['fashion-mnist', 'ecg5000'] as const;
const { skip, note } = needs('verifying the official files', ...OFFICIAL.map((id) => join(REAL_DATA, id)));
test.skipIf(skip)(`the official files pass the check${note}`, async () => {
  for (const id of OFFICIAL) {
    const files = await verifyDataset(id, join(REAL_DATA, id));
    expect(files.map(({ state }) => state)).toEqual(files.map(() => 'ok'));
  }
});
