import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { numbered, plainPng } from '@hourglass/testing/cartoon-files';
import { expect, test } from 'vitest';
import { DataError } from '../src/index.ts';
import {
  all,
  byName,
  cacheDir,
  eachInItsOwnFolder,
  expected,
  file,
  fillFolder,
  googleTar,
  load,
  notices,
  noWorker,
  problem,
  root,
  save,
  sorted,
  workerUrl,
} from './cartoon-fixture.ts';

eachInItsOwnFolder();

test('a folder, its subfolders, a tar and a tgz give the same images in the same order and splits', async () => {
  const folder = await fillFolder(join(root, 'plain'), 30);
  await writeFile(join(folder, '._cs1000.png'), 'what macOS puts next to a file');
  await writeFile(join(folder, 'cs1000.csv'), '"hair", 3, 111');
  const nested = join(root, 'nested');
  for (let n = 0; n < 30; n++) {
    await mkdir(join(nested, String(n % 4)), { recursive: true });
    await writeFile(join(nested, String(n % 4), numbered(n).name), numbered(n).png);
  }
  const tar = await googleTar(30);
  const loaded = [
    await load({ data: folder }),
    await load({ data: nested }),
    await load({ data: await save('set.tar', tar) }),
    await load({ data: await save('set.tgz', gzipSync(tar)) }),
  ];
  for (const images of loaded) {
    expect(images).toMatchObject({ id: 'cartoonset', source: 'files', shape: [16, 16, 3] });
    expect(images.train.names).toEqual(loaded[0]!.train.names);
    expect(images.test.names).toEqual(loaded[0]!.test.names);
    expect(sorted(await byName(images))).toEqual(sorted(expected(30)));
  }
});

test('the test split contains the names whose SHA-256 starts with a multiple of 20', async () => {
  const { train, test: held } = await load({ data: await fillFolder(join(root, 'set'), 120) });
  const isHeld = (name: string) =>
    Number(BigInt(`0x${createHash('sha256').update(name).digest('hex').slice(0, 8)}`) % 20n) === 0;
  expect(train.count + held.count).toBe(120);
  expect(held.count).toBeGreaterThan(0);
  expect(held.names.every(isHeld)).toBe(true);
  expect(train.names.some(isHeld)).toBe(false);
  expect(train.names).toEqual([...train.names].sort());
});

test('rows come in the requested order, also repeatedly; an index out of range throws', async () => {
  const { train } = await load({ data: await fillFolder(join(root, 'set'), 20) });
  const bytes = await train.read([5, 0, 5]);
  const images = expected(20);
  [5, 0, 5].forEach((index, i) => {
    expect(bytes.slice(i * 768, (i + 1) * 768)).toEqual(images.get(train.names[index]!));
  });
  expect(await train.read([])).toEqual(new Uint8Array());
  await expect(train.read([train.count])).rejects.toThrow(RangeError);
});

test('the second run decodes nothing; another size or a changed file decodes again', async () => {
  const folder = await fillFolder(join(root, 'set'), 10);
  const first = await byName(await load({ data: folder }));
  notices.length = 0;
  expect(await byName(await load({ data: folder, workerUrl: noWorker }))).toEqual(first);
  expect(notices).toEqual([]);
  expect((await problem(load({ data: folder, imageSize: 24, workerUrl: noWorker }))).message).toMatch(/png-worker/);
  await writeFile(join(folder, numbered(0).name), plainPng([1, 2, 3, 255], 20));
  const changed = await byName(await load({ data: folder }));
  expect(changed.get(numbered(0).name)!.subarray(0, 3)).toEqual(Uint8Array.of(1, 2, 3));
  expect(await readdir(join(cacheDir, 'cartoonset'))).toHaveLength(1); // the images of the old files are gone
});

test('a replaced archive is noticed, and a reader of the old one is not affected', async () => {
  const path = await save('set.tar', await googleTar(10));
  const reader = await load({ data: path });
  await save('set.tar', await googleTar(8));
  await utimes(path, 1, 1);
  expect((await byName(await load({ data: path }))).size).toBe(8);
  expect(sorted(await byName(reader))).toEqual(sorted(expected(10)));
});

test.each([
  ['cut short', (shard: string) => truncate(shard, 1000), /1000 bytes instead of 7680.*Decoding the images again/],
  ['lost', (shard: string) => rm(shard), /can't be read \(ENOENT\).*Decoding the images again/],
  [
    'without an index',
    (shard: string) => rm(shard.replace('shard-000.rgb', 'index.json')),
    /index\.json.*Decoding the images again/,
  ],
])('a cache that was %s is noticed and created again', async (_, damage, message) => {
  const folder = await fillFolder(join(root, 'set'), 10);
  await load({ data: folder });
  const cache = join(cacheDir, 'cartoonset');
  await damage(join(cache, (await readdir(cache))[0]!, 'shard-000.rgb'));
  notices.length = 0;
  expect(sorted(await byName(await load({ data: folder })))).toEqual(sorted(expected(10)));
  expect(notices.join(' ')).toMatch(message);
  notices.length = 0;
  await load({ data: folder, workerUrl: noWorker });
  expect(notices).toEqual([]);
});

test('a row of a shard that is cut short during use throws instead of giving black pixels', async () => {
  const images = await load({ data: await fillFolder(join(root, 'set'), 10) });
  const cache = join(cacheDir, 'cartoonset');
  await truncate(join(cache, (await readdir(cache))[0]!, 'shard-000.rgb'), 1000);
  expect((await problem(all(images.train))).message).toMatch(/cut short.*again/);
});

test('concurrent preparations of one set all succeed, and one copy remains', async () => {
  const data = await fillFolder(join(root, 'set'), 20);
  const loaded = await Promise.all(Array.from({ length: 4 }, () => load({ data })));
  for (const images of loaded) expect(sorted(await byName(images))).toEqual(sorted(expected(20)));
  expect(await readdir(join(cacheDir, 'cartoonset'))).toHaveLength(1);
});

test('leftovers of a killed run in the cache are removed after a day, not before', async () => {
  const cache = join(cacheDir, 'cartoonset');
  await mkdir(join(cache, 'old.tmp'), { recursive: true });
  await mkdir(join(cache, 'new.tmp'));
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  await utimes(join(cache, 'old.tmp'), twoDaysAgo, twoDaysAgo);
  await load({ data: await fillFolder(join(root, 'set'), 3) });
  const left = await readdir(cache);
  expect(left).toContain('new.tmp');
  expect(left).not.toContain('old.tmp');
});

test('a broken image is skipped and named, also by the next run; with strict, both runs throw', async () => {
  const data = await fillFolder(join(root, 'set'), 40);
  const { name, png } = numbered(7);
  await writeFile(join(data, name), png.subarray(0, png.length - 20));
  expect((await problem(load({ data, strict: true }))).message).toMatch(
    /cs1007\.png is damaged or cut short.*--strict/,
  );
  expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
  for (const url of [workerUrl, noWorker]) {
    notices.length = 0;
    const images = await byName(await load({ data, workerUrl: url }));
    expect([images.size, images.has(name)]).toEqual([39, false]);
    expect(notices.at(-1)).toMatch(/^1 of 40 images .* skipped: cs1007\.png is damaged or cut short\.$/);
  }
  const error = await problem(load({ data, strict: true, workerUrl: noWorker }));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain('cs1007.png is damaged or cut short');
});

test('a cache that cannot be written throws an error that names the option', async () => {
  await writeFile(cacheDir, 'a file where the folder should be');
  const error = await problem(load({ data: await fillFolder(join(root, 'set'), 3) }));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toMatch(/can't be stored in .*--cache-dir/);
});

test("the user's signal stops the decoding with its own reason and leaves nothing", async () => {
  const controller = new AbortController();
  const progress = () => controller.abort(new Error('stopped by the user'));
  const folder = await fillFolder(join(root, 'set'), 60);
  const packed = await save('set.tgz', gzipSync(await googleTar(60)));
  // Many times the size of one read
  const large = await save('large.tar', await googleTar(60, file('noise.bin', randomBytes(16 * 2 ** 20))));
  for (const data of [folder, packed, large]) {
    const error = await problem(load({ data, progress, signal: controller.signal }));
    expect(error.message).toBe('stopped by the user');
  }
  expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
});

test.each([15, 1025, 64.5, Number.NaN])('size %d is refused', async (imageSize) => {
  expect(await problem(load({ imageSize }))).toBeInstanceOf(RangeError);
});
