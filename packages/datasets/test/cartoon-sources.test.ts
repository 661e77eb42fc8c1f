import { mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { numbered } from '@hourglass/testing/cartoon-files';
import { packTar, type TarEntry } from 'modern-tar';
import { expect, test, vi } from 'vitest';
import { DataError } from '../src/index.ts';
import { DownloadError } from '../src/node/index.ts';
import {
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
} from './cartoon-fixture.ts';

/** Number of images in this test's version of cartoonset10k.tgz. */
const OFFICIAL_COUNT = 12;
vi.mock('../src/cartoon-set.ts', async (original) => {
  const real = await original<typeof import('../src/cartoon-set.ts')>();
  return { ...real, CARTOON_DOWNLOAD: { ...real.CARTOON_DOWNLOAD, count: 12 } };
});

eachInItsOwnFolder();

test('missing paths, empty folders, other files, and only broken images each give one sentence', async () => {
  const told = async (data: string) => {
    const error = await problem(load({ data }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message.split('\n')).toHaveLength(1);
    return error.message;
  };
  expect(await told(join(root, 'nowhere'))).toMatch(/^There is no .*nowhere\.$/);
  await mkdir(join(root, 'empty'));
  expect(await told(join(root, 'empty'))).toMatch(/contain no PNG files/);
  expect(await told(await save('note.txt', new TextEncoder().encode('hello')))).toMatch(/neither a folder nor a tar/);
  expect(await told(await save('none.tar', await googleTar(0)))).toMatch(/contains no PNG files/);
  await mkdir(join(root, 'broken'));
  for (const name of ['a', 'b', 'c', 'd', 'e']) await writeFile(join(root, 'broken', `${name}.png`), '');
  expect(await told(join(root, 'broken'))).toMatch(/a\.png is empty; b\.png is empty; c\.png is empty; and 2 more/);
  expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
});

test.each([['cartoonset10k/../../../outside/cs1.png'], ['/../cs1.png'], ['..\\cs1.png'], ['C:\\..\\cs1.png']])(
  'an archive with %s is refused and leaves nothing',
  async (name) => {
    const tar = await googleTar(5, file(name, numbered(5).png));
    const error = await problem(load({ data: await save('evil.tar', tar) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(JSON.stringify(name));
    expect(error.message).toMatch(/outside its folder/);
    expect(error.message).not.toMatch(/Google/);
    expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
    expect((await readdir(root)).sort()).toEqual(['cache', 'evil.tar']);
  },
);

test('a link in an archive is not followed, but named and skipped', async () => {
  const secret = await save('secret.png', numbered(9).png);
  const link: TarEntry = { header: { name: 'set/cs9.png', type: 'symlink', linkname: secret, size: 0 } };
  const images = await byName(await load({ data: await save('set.tar', await googleTar(5, link)) }));
  expect([...images.keys()].sort()).toEqual([...expected(5).keys()]);
  expect(notices.at(-1)).toMatch(/^1 of 6 .*cs9\.png is not a file, but a symlink/);
});

test('in a folder, links at any depth are followed, and a dangling link is skipped', async () => {
  const data = await fillFolder(join(root, 'set'), 3);
  await symlink(await save('elsewhere.png', numbered(3).png), join(data, numbered(3).name));
  await symlink(join(root, 'gone.png'), join(data, 'cs9.png'));
  await symlink(data, join(data, 'loop'));
  await mkdir(join(data, 'a', 'b', 'c', 'd'), { recursive: true });
  await writeFile(join(data, 'a', 'b', 'c', 'd', numbered(4).name), numbered(4).png);
  await symlink(await fillFolder(join(root, 'linked'), 0), join(data, 'linked'));
  await writeFile(join(root, 'linked', numbered(5).name), numbered(5).png);
  expect(sorted(await byName(await load({ data })))).toEqual(sorted(expected(6)));
  expect(notices.at(-1)).toMatch(/^1 of 7 .*cs9\.png can't be read \(ENOENT\)/);
});

test.each(['/photos/cs1005.png', 'C:\\photos\\cs1005.png'])('an archive with %s is read, as tar does', async (name) => {
  const tar = await googleTar(5, file(name, numbered(5).png));
  expect(sorted(await byName(await load({ data: await save('own.tar', tar) })))).toEqual(sorted(expected(6)));
});

test('an archive of files from before 1970 is read, compressed or not', async () => {
  const tar = await googleTar(5);
  for (let at = 0; at < tar.length; at += 512) {
    if (String.fromCharCode(...tar.subarray(at + 257, at + 262)) !== 'ustar') continue;
    const header = Buffer.from(tar.buffer, tar.byteOffset + at, 512);
    header.fill(0xff, 136, 148).writeInt32BE(-315_619_200, 144); // 1960, as GNU tar writes it
    header.write('        ', 148);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
  }
  for (const [name, bytes] of [
    ['old.tar', tar],
    ['old.tgz', gzipSync(tar)],
  ] as const)
    expect(sorted(await byName(await load({ data: await save(name, bytes) })))).toEqual(sorted(expected(5)));
});

test('files with the same name in many folders are named by their paths, in archives and in folders', async () => {
  const count = 60;
  const path = (n: number) => `set/${String(n).padStart(2, '0')}/image.png`;
  const files = Array.from({ length: count }, (_, n) => file(path(n), numbered(n).png));
  const archived = await load({ data: await save('set.tar', await packTar(files)) });
  for (let n = 0; n < count; n++) {
    await mkdir(join(root, 'all', path(n), '..'), { recursive: true });
    await writeFile(join(root, 'all', path(n)), numbered(n).png);
  }
  const images = await byName(await load({ data: join(root, 'all') }));
  expect([...images.keys()].sort()).toEqual(files.map((_, n) => path(n)));
  expect(await byName(archived)).toEqual(images);
  expect(archived.test.count).toBeGreaterThan(0); // with one name, all would be in one split
  expect(archived.train.count).toBeGreaterThan(0);
});

test('images in other formats are counted and named, and throw with strict', async () => {
  const data = await fillFolder(join(root, 'set'), 3);
  await writeFile(join(data, 'photo.JPG'), 'JFIF');
  await writeFile(join(data, 'notes.txt'), 'no image');
  await load({ data });
  expect(notices.at(-1)).toMatch(/^1 of 4 images .*skipped: photo\.JPG is not a PNG, but JPG: convert it\.$/);
  expect((await problem(load({ data, strict: true }))).message).toMatch(/photo\.JPG is not a PNG/);
  const tar = await googleTar(3, file('cartoonset10k/photo.webp', new Uint8Array(9)));
  await load({ data: await save('set.tar', tar) });
  expect(notices.at(-1)).toMatch(/^1 of 4 images .*photo\.webp is not a PNG, but WEBP/);
});

test.skipIf(process.platform !== 'linux')('a file name need not be UTF-8', async () => {
  const data = await fillFolder(join(root, 'set'), 3);
  await writeFile(Buffer.concat([Buffer.from(`${data}/`), Buffer.from('caf\xe9.png', 'latin1')]), numbered(3).png);
  const images = await byName(await load({ data }));
  expect(sorted(images).map(([, bytes]) => bytes)).toEqual([
    expected(4).get(numbered(3).name),
    ...sorted(expected(3)).map(([, bytes]) => bytes),
  ]);
});

test('an archive cut short anywhere throws an error that says so, and leaves nothing', async () => {
  const tar = await googleTar(20);
  const tgz = new Uint8Array(gzipSync(tar));
  const border = 512 * 11; // an entry ends at or near here, so no byte of a file is missing
  const cuts: [string, Uint8Array][] = [
    ...[border, border + 100, tar.length - 1024, tar.length - 1500].map((at): [string, Uint8Array] => [
      'cut.tar',
      tar.subarray(0, at),
    ]),
    ...[100, tgz.length >> 1, tgz.length - 1].map((at): [string, Uint8Array] => ['cut.tgz', tgz.subarray(0, at)]),
    ['inner.tgz', gzipSync(tar.subarray(0, border))],
    ['inner.tgz', gzipSync(tar.subarray(0, tar.length - 1024))],
  ];
  for (const [name, bytes] of cuts) {
    const error = await problem(load({ data: await save(name, bytes) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/cut short.*Get a fresh copy\.$/);
  }
  const garbled = tgz.with(tgz.length >> 1, tgz[tgz.length >> 1]! ^ 0xff);
  expect((await problem(load({ data: await save('garbled.tgz', garbled) }))).message).toMatch(
    /garbled\.tgz is (damaged|cut)/,
  );
  expect(await readdir(join(cacheDir, 'cartoonset')).catch(() => [])).toEqual([]);
});

test('--data-dir: the larger archive comes first, then the folder; a broken one throws', async () => {
  const dataDir = join(root, 'data');
  await fillFolder(join(dataDir, 'cartoonset'), 3);
  await fillFolder(join(dataDir, 'figures'), 1);
  expect((await byName(await load({ dataDir }))).size).toBe(3);
  await writeFile(join(dataDir, 'cartoonset-256.tar'), await googleTar(4));
  expect((await byName(await load({ dataDir }))).size).toBe(4);
  expect((await byName(await load({ data: dataDir }))).size).toBe(4);
  await writeFile(join(dataDir, 'cartoonset100k.tgz'), gzipSync(await googleTar(6)));
  expect((await byName(await load({ dataDir }))).size).toBe(6);
  await writeFile(join(dataDir, 'cartoonset100k.tgz'), 'x');
  expect((await problem(load({ dataDir }))).message).toMatch(/cartoonset100k\.tgz is neither/);
  const bare = join(root, 'bare');
  await fillFolder(join(bare, 'figures'), 1);
  expect((await problem(load({ dataDir: bare }))).message).toMatch(/Neither .*bare nor the cache contains Cartoon Set/);
});

test('without a network and a path, the stand-in is used and announced', async () => {
  const standIn = await load({ imageSize: 32 });
  expect([standIn.source, ...standIn.shape]).toEqual(['procedural', 32, 32, 3]);
  expect(notices.at(-1)).toMatch(/ENOTFOUND.*procedural stand-in/);
});

const answering = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  vi.fn<typeof fetch>(async () => new Response(body, { headers: { 'content-length': `${body.length}`, ...headers } }));

test('a download is announced with its size, checked, and cached for the next run; a broken one is downloaded again', async () => {
  const tgz = new Uint8Array(gzipSync(await googleTar(OFFICIAL_COUNT)));
  const progress = vi.fn();
  expect((await load({ fetch: answering(tgz), progress })).source).toBe('download');
  expect(notices[0]).toMatch(/Downloading cartoonset10k\.tgz \([\d.]+ kB\) from https:\/\/storage\.googleapis\.com/);
  expect(progress).toHaveBeenCalledWith('cartoonset10k.tgz', tgz.length, tgz.length);
  expect((await load({ workerUrl: noWorker })).source).toBe('cache');
  await truncate(join(cacheDir, 'cartoonset', 'cartoonset10k.tgz'), 500);
  expect((await load({ fetch: answering(tgz) })).source).toBe('download');
  expect(notices.join(' ')).toMatch(/cut short.*Downloading it again/);
});

test.each([
  ['an error', () => vi.fn<typeof fetch>(async () => new Response('', { status: 403 })), /HTTP 403/],
  ['an HTML page', async () => answering(new TextEncoder().encode('<html>')), /not send a gzip file.*log-in/],
  [
    'too few images',
    async () => answering(new Uint8Array(gzipSync(await googleTar(11)))),
    /contains 11 images instead of 12/,
  ],
  [
    'half a file',
    async () => answering(new Uint8Array(gzipSync(await googleTar(12))).slice(0, 900)),
    /wrong file.*cut short/,
  ],
  [
    'less than announced',
    async () => answering(new Uint8Array(gzipSync(await googleTar(12))), { 'content-length': '999999' }),
    /ended after \d+ of 999999/,
  ],
])('a server with %s throws, and the cache contains no archive', async (_, network, message) => {
  const error = await problem(load({ fetch: await network() }));
  expect(error).toBeInstanceOf(DownloadError);
  expect(error.message).toMatch(message);
  const left = await readdir(join(cacheDir, 'cartoonset')).catch(() => []);
  expect(left.filter((name) => name.includes('tgz') || name.includes('tmp'))).toEqual([]);
});
