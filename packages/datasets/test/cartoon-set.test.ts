import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';
import { PNG } from 'pngjs';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { DataError, type ImageStream, onWhite, resize, type StreamedImages } from '../src/index.ts';
import { type CartoonOptions, DownloadError, loadCartoonSet } from '../src/node/index.ts';
import { buildWorker, numbered, plainPng } from './cartoon-files.ts';
import { REAL_DATA } from './real-files.ts';

/** Images of what stands for cartoonset10k.tgz here. */
const OFFICIAL_COUNT = 12;
vi.mock('../src/cartoon-set.ts', async (original) => {
  const real = await original<typeof import('../src/cartoon-set.ts')>();
  return { ...real, CARTOON_DOWNLOAD: { ...real.CARTOON_DOWNLOAD, count: 12 } };
});

const hasCartoons = existsSync(`${REAL_DATA}/cartoonset-256.tar`);
if (!hasCartoons) console.warn(`SKIPPED: checks on the real Cartoon Set; ${REAL_DATA}/cartoonset-256.tar is not there`);
const SKIP_REASON = hasCartoons ? '' : ' (SKIPPED: no real Cartoon Set beside the checkout)';

let workerUrl: URL;
let root: string;
let cacheDir: string;
let notices: string[];
let opened: StreamedImages[];

beforeAll(async () => {
  workerUrl = await buildWorker();
  return () => rm(new URL('.', workerUrl), { recursive: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cartoons-'));
  cacheDir = join(root, 'cache');
  notices = [];
  opened = [];
});
afterEach(async () => {
  for (const images of opened) await images.close();
  await rm(root, { recursive: true });
});

const offline = vi.fn<typeof fetch>(async () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }) });
});

async function load(options: Partial<CartoonOptions> = {}): Promise<StreamedImages> {
  const notice = (message: string) => notices.push(message);
  const images = await loadCartoonSet({ cacheDir, size: 16, workerUrl, notice, fetch: offline, ...options });
  opened.push(images);
  return images;
}

const problem = (loading: Promise<unknown>): Promise<Error> =>
  loading.then(
    () => {
      throw new Error('was accepted');
    },
    (error: Error) => error,
  );

/** With this worker a load that decodes anything fails: what comes is from the cache. */
const noWorker = pathToFileURL('/nowhere/png-worker.js');

const all = (stream: ImageStream) => stream.read(Array.from({ length: stream.count }, (_, i) => i));

/** The images of both splits by name. */
async function byName({ train, test: held, shape }: StreamedImages): Promise<Map<string, Uint8Array>> {
  const rowBytes = shape[0] * shape[1] * 3;
  const pairs = [train, held].map(async (stream) => {
    const bytes = await all(stream);
    return stream.names.map((name, i) => [name, bytes.slice(i * rowBytes, (i + 1) * rowBytes)] as const);
  });
  return new Map((await Promise.all(pairs)).flat());
}

/** What a set of numbered files should give at 16x16. */
function expected(count: number): Map<string, Uint8Array> {
  const images = Array.from({ length: count }, (_, n) => numbered(n));
  return new Map(images.map(({ name, color }) => [name, Uint8Array.from({ length: 768 }, (_, i) => color[i % 3]!)]));
}

const sorted = (map: Map<string, Uint8Array>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

async function fillFolder(folder: string, count: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < count; n++) await writeFile(join(folder, numbered(n).name), numbered(n).png);
  return folder;
}

const file = (name: string, body: Uint8Array): TarEntry => ({ header: { name, size: body.length }, body });

/** An archive laid out as Google's: subfolders, and a list of attributes beside each image. */
function googleTar(count: number, ...more: TarEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const entries: TarEntry[] = [{ header: { name: 'cartoonset10k/', type: 'directory', size: 0 } }];
  for (let n = 0; n < count; n++) {
    const { name, png } = numbered(n);
    entries.push(
      file(`cartoonset10k/${n % 3}/${name.replace('png', 'csv')}`, new TextEncoder().encode('"hair", 3, 111\n')),
    );
    entries.push(file(`cartoonset10k/${n % 3}/${name}`, png));
  }
  return packTar([...entries, ...more]);
}

async function save(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(root, name), bytes);
  return join(root, name);
}

test('a folder, its subfolders, a tar and a tgz give the same images in the same order and splits', async () => {
  const folder = await fillFolder(join(root, 'plain'), 30);
  await writeFile(join(folder, '._cs1000.png'), 'what macOS leaves beside a file');
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

test('the test split is the names whose SHA-256 begins with a multiple of 20', async () => {
  const { train, test: held } = await load({ data: await fillFolder(join(root, 'set'), 120) });
  const isHeld = (name: string) =>
    Number(BigInt(`0x${createHash('sha256').update(name).digest('hex').slice(0, 8)}`) % 20n) === 0;
  expect(train.count + held.count).toBe(120);
  expect(held.count).toBeGreaterThan(0);
  expect(held.names.every(isHeld)).toBe(true);
  expect(train.names.some(isHeld)).toBe(false);
  expect(train.names).toEqual([...train.names].sort());
});

test('rows come in the order asked for, more than once if need be; an index out of range is told', async () => {
  const { train } = await load({ data: await fillFolder(join(root, 'set'), 20) });
  const bytes = await train.read([5, 0, 5]);
  const images = expected(20);
  [5, 0, 5].forEach((index, i) => {
    expect(bytes.slice(i * 768, (i + 1) * 768)).toEqual(images.get(train.names[index]!));
  });
  expect(await train.read([])).toEqual(new Uint8Array());
  await expect(train.read([train.count])).rejects.toThrow(RangeError);
});

test('the second run decodes nothing; another size, a changed file and another path do', async () => {
  const folder = await fillFolder(join(root, 'set'), 10);
  const first = await byName(await load({ data: folder }));
  notices = [];
  expect(await byName(await load({ data: folder, workerUrl: noWorker }))).toEqual(first);
  expect(notices).toEqual([]);
  expect((await problem(load({ data: folder, size: 24, workerUrl: noWorker }))).message).toMatch(/png-worker/);
  await writeFile(join(folder, numbered(0).name), plainPng([1, 2, 3, 255], 20));
  const changed = await byName(await load({ data: folder }));
  expect(changed.get(numbered(0).name)!.subarray(0, 3)).toEqual(Uint8Array.of(1, 2, 3));
  expect(await readdir(join(cacheDir, 'cartoonset'))).toHaveLength(1); // what was made of the old files is gone
});

test('an archive touched by another is noticed, and who still reads the old one is not hurt', async () => {
  const path = await save('set.tar', await googleTar(10));
  const reader = await load({ data: path });
  await save('set.tar', await googleTar(8));
  await utimes(path, 1, 1);
  expect((await byName(await load({ data: path }))).size).toBe(8);
  expect(sorted(await byName(reader))).toEqual(sorted(expected(10)));
});

test.each([
  ['cut short', (shard: string) => truncate(shard, 1000), /1000 bytes instead of 7680.*decoded again/],
  ['lost', (shard: string) => rm(shard), /can't be read \(ENOENT\).*decoded again/],
  [
    'without an index',
    (shard: string) => rm(shard.replace('shard-000.rgb', 'index.json')),
    /index\.json.*decoded again/,
  ],
])('a cache that was %s is noticed and made anew', async (_, damage, message) => {
  const folder = await fillFolder(join(root, 'set'), 10);
  await load({ data: folder });
  const cache = join(cacheDir, 'cartoonset');
  await damage(join(cache, (await readdir(cache))[0]!, 'shard-000.rgb'));
  notices = [];
  expect(sorted(await byName(await load({ data: folder })))).toEqual(sorted(expected(10)));
  expect(notices.join(' ')).toMatch(message);
  notices = [];
  await load({ data: folder, workerUrl: noWorker });
  expect(notices).toEqual([]);
});

test('a row of a shard that is cut short while in use is an error, not black pixels', async () => {
  const images = await load({ data: await fillFolder(join(root, 'set'), 10) });
  const cache = join(cacheDir, 'cartoonset');
  await truncate(join(cache, (await readdir(cache))[0]!, 'shard-000.rgb'), 1000);
  expect((await problem(all(images.train))).message).toMatch(/cut short.*again/);
});

test('many that prepare one set at once all get it, and one copy stays', async () => {
  const data = await fillFolder(join(root, 'set'), 20);
  const loaded = await Promise.all(Array.from({ length: 4 }, () => load({ data })));
  for (const images of loaded) expect(sorted(await byName(images))).toEqual(sorted(expected(20)));
  expect(await readdir(join(cacheDir, 'cartoonset'))).toHaveLength(1);
});

test('what a killed run left in the cache is removed after a day, not before', async () => {
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

test('a broken image is skipped and named, also by the next run; with strict it is an error in both', async () => {
  const data = await fillFolder(join(root, 'set'), 40);
  const { name, png } = numbered(7);
  await writeFile(join(data, name), png.subarray(0, png.length - 20));
  expect((await problem(load({ data, strict: true }))).message).toMatch(
    /cs1007\.png is damaged or cut short.*--strict/,
  );
  expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
  for (const url of [workerUrl, noWorker]) {
    notices = [];
    const images = await byName(await load({ data, workerUrl: url }));
    expect([images.size, images.has(name)]).toEqual([39, false]);
    expect(notices.at(-1)).toMatch(/^1 of 40 images .* skipped: cs1007\.png is damaged or cut short\.$/);
  }
  const error = await problem(load({ data, strict: true, workerUrl: noWorker }));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain('cs1007.png is damaged or cut short');
});

test('what is not there, empty, no image or nothing but broken ones is told in a sentence', async () => {
  const told = async (data: string) => {
    const error = await problem(load({ data }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message.split('\n')).toHaveLength(1);
    return error.message;
  };
  expect(await told(join(root, 'nowhere'))).toMatch(/^There is no .*nowhere\.$/);
  await mkdir(join(root, 'empty'));
  expect(await told(join(root, 'empty'))).toMatch(/holds no PNG files/);
  expect(await told(await save('note.txt', new TextEncoder().encode('hello')))).toMatch(/neither a folder nor a tar/);
  expect(await told(await save('none.tar', await googleTar(0)))).toMatch(/holds no PNG files/);
  await mkdir(join(root, 'broken'));
  for (const name of ['a', 'b', 'c', 'd', 'e']) await writeFile(join(root, 'broken', `${name}.png`), '');
  expect(await told(join(root, 'broken'))).toMatch(/a\.png is empty; b\.png is empty; c\.png is empty; and 2 more/);
  expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
});

test.each([['cartoonset10k/../../../outside/cs1.png'], ['/etc/cs1.png'], ['..\\cs1.png'], ['C:\\cs1.png']])(
  'an archive with %s is refused and leaves nothing',
  async (name) => {
    const tar = await googleTar(5, file(name, numbered(5).png));
    const error = await problem(load({ data: await save('evil.tar', tar) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(JSON.stringify(name));
    expect(error.message).toMatch(/outside of its folder/);
    expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
    expect((await readdir(root)).sort()).toEqual(['cache', 'evil.tar']);
  },
);

test('a link in an archive is not followed, but named and skipped', async () => {
  const secret = await save('secret.png', numbered(9).png);
  const link: TarEntry = { header: { name: 'set/cs9.png', type: 'symlink', linkname: secret, size: 0 } };
  const images = await byName(await load({ data: await save('set.tar', await googleTar(5, link)) }));
  expect([...images.keys()].sort()).toEqual([...expected(5).keys()]);
  expect(notices.at(-1)).toMatch(/^1 of 6 .*cs9\.png is no file, but a symlink/);
});

test('in a folder, links to images are images, and a link to nowhere is skipped', async () => {
  const data = await fillFolder(join(root, 'set'), 3);
  await symlink(await save('elsewhere.png', numbered(3).png), join(data, numbered(3).name));
  await symlink(join(root, 'gone.png'), join(data, 'cs9.png'));
  await symlink(data, join(data, 'loop'));
  expect(sorted(await byName(await load({ data })))).toEqual(sorted(expected(4)));
  expect(notices.at(-1)).toMatch(/^1 of 5 .*cs9\.png can't be read \(ENOENT\)/);
});

test('an archive cut short anywhere is an error that says so, and leaves nothing', async () => {
  const tar = await googleTar(20);
  const tgz = new Uint8Array(gzipSync(tar));
  const border = 512 * 11; // some entry ends here or near: no byte of a file is missing
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
    expect(error.message).toMatch(/cut short.*Get it again\.$/);
  }
  const garbled = tgz.with(tgz.length >> 1, tgz[tgz.length >> 1]! ^ 0xff);
  expect((await problem(load({ data: await save('garbled.tgz', garbled) }))).message).toMatch(
    /garbled\.tgz is (damaged|cut)/,
  );
  expect(await readdir(join(cacheDir, 'cartoonset')).catch(() => [])).toEqual([]);
});

test('--data-dir: the larger archive first, then the folder; what is there but broken is an error', async () => {
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
  expect((await problem(load({ dataDir: bare }))).message).toMatch(/bare holds no Cartoon Set, nor does the cache/);
});

test('nobody answers and no path was given: the stand-in serves and is announced', async () => {
  const standIn = await load({ size: 32 });
  expect([standIn.source, ...standIn.shape]).toEqual(['procedural', 32, 32, 3]);
  expect(notices.at(-1)).toMatch(/ENOTFOUND.*procedural stand-in/);
});

const answering = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  vi.fn<typeof fetch>(async () => new Response(body, { headers: { 'content-length': `${body.length}`, ...headers } }));

test('a download is announced with its size, checked, and is the cache of the next run; a broken one is fetched again', async () => {
  const tgz = new Uint8Array(gzipSync(await googleTar(OFFICIAL_COUNT)));
  const progress = vi.fn();
  expect((await load({ fetch: answering(tgz), progress })).source).toBe('download');
  expect(notices[0]).toMatch(/Downloading cartoonset10k\.tgz \([\d.]+ kB\) from https:\/\/storage\.googleapis\.com/);
  expect(progress).toHaveBeenCalledWith('cartoonset10k.tgz', tgz.length, tgz.length);
  expect((await load({ workerUrl: noWorker })).source).toBe('cache');
  await truncate(join(cacheDir, 'cartoonset', 'cartoonset10k.tgz'), 500);
  expect((await load({ fetch: answering(tgz) })).source).toBe('download');
  expect(notices.join(' ')).toMatch(/cut short.*is fetched again/);
});

test.each([
  ['an error', () => vi.fn<typeof fetch>(async () => new Response('', { status: 403 })), /HTTP 403/],
  ['an HTML page', async () => answering(new TextEncoder().encode('<html>')), /no(t send a)? gzip file.*log-in/],
  [
    'too few images',
    async () => answering(new Uint8Array(gzipSync(await googleTar(11)))),
    /holds 11 images instead of 12/,
  ],
  [
    'half a file',
    async () => answering(new Uint8Array(gzipSync(await googleTar(12))).slice(0, 900)),
    /wrong file.*cut short/,
  ],
  [
    'less than announced',
    async () => answering(new Uint8Array(gzipSync(await googleTar(12))), { 'content-length': '999999' }),
    /ends after \d+ of 999999/,
  ],
])('a server with %s is an error, and the cache holds no archive', async (_, network, message) => {
  const error = await problem(load({ fetch: await network() }));
  expect(error).toBeInstanceOf(DownloadError);
  expect(error.message).toMatch(message);
  const left = await readdir(join(cacheDir, 'cartoonset')).catch(() => []);
  expect(left.filter((name) => name.includes('tgz') || name.includes('tmp'))).toEqual([]);
});

test('a cache that cannot be written is an error that names the option', async () => {
  await writeFile(cacheDir, 'a file where the folder should be');
  const error = await problem(load({ data: await fillFolder(join(root, 'set'), 3) }));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toMatch(/can't be kept in .*--cache-dir/);
});

test("the user's signal stops the decoding with its own reason and leaves nothing", async () => {
  const controller = new AbortController();
  const progress = () => controller.abort(new Error('stopped by the user'));
  const folder = await fillFolder(join(root, 'set'), 60);
  const packed = await save('set.tgz', gzipSync(await googleTar(60)));
  // Many times what is read of a file at once
  const large = await save('large.tar', await googleTar(60, file('noise.bin', randomBytes(16 * 2 ** 20))));
  for (const data of [folder, packed, large]) {
    const error = await problem(load({ data, progress, signal: controller.signal }));
    expect(error.message).toBe('stopped by the user');
  }
  expect(await readdir(join(cacheDir, 'cartoonset'))).toEqual([]);
});

test.each([15, 1025, 64.5, Number.NaN])('size %d is refused', async (size) => {
  expect(await problem(load({ size }))).toBeInstanceOf(RangeError);
});

test.skipIf(!hasCartoons)(
  `the real folder of 400: all decoded, as a decoder and filter by hand would${SKIP_REASON}`,
  async () => {
    const folder = `${REAL_DATA}/cartoonset`;
    const images = await byName(await load({ data: folder, size: 64 }));
    expect(images.size).toBe(400);
    expect(notices.filter((notice) => notice.includes('skipped'))).toEqual([]);
    for (const name of [...images.keys()].slice(0, 5)) {
      const { data, width, height } = PNG.sync.read(await readFile(join(folder, name)));
      expect(images.get(name)).toEqual(
        resize(
          data.filter((_, i) => i % 4 < 3),
          width,
          height,
          64,
        ),
      );
    }
  },
);

test.skipIf(!hasCartoons)(
  `official RGBA images are, on white, their copies in the tar up to its palette${SKIP_REASON}`,
  async () => {
    const official = await byName(await load({ data: `${REAL_DATA}/cartoonset-official-rgba`, size: 256 }));
    expect(official.size).toBe(30);
    const archive = await readFile(`${REAL_DATA}/cartoonset-256.tar`);
    let compared = 0;
    for (const { name, bytes } of entriesOf(archive)) {
      const rgba = official.get(name);
      if (rgba === undefined) continue;
      const copy = onWhite(PNG.sync.read(bytes).data);
      const distance = rgba.reduce((sum, value, i) => sum + Math.abs(value - copy[i]!), 0) / rgba.length;
      expect(distance).toBeLessThan(1);
      compared++;
    }
    expect(compared).toBe(29);
  },
);

test.skipIf(!hasCartoons)(
  `an official RGBA image is, on white, its RGB copy up to rounding${SKIP_REASON}`,
  async () => {
    const official = `${REAL_DATA}/cartoonset-official-rgba`;
    const copies = `${REAL_DATA}/cartoonset`;
    const inBoth = (await readdir(official)).filter((name) => existsSync(join(copies, name)));
    expect(inBoth).toHaveLength(1);
    await mkdir(join(root, 'copies'));
    for (const name of inBoth) await copyFile(join(copies, name), join(root, 'copies', name));
    const whites = await byName(await load({ data: official, size: 500 }));
    for (const [name, copy] of await byName(await load({ data: join(root, 'copies'), size: 500 }))) {
      // Whoever made the copy may have cut off where we round.
      expect(copy.every((value, i) => Math.abs(value - whites.get(name)![i]!) <= 1)).toBe(true);
    }
  },
);

test.skipIf(!hasCartoons)(`the beginning of the real tar: palette images at their own size${SKIP_REASON}`, async () => {
  const handle = await open(`${REAL_DATA}/cartoonset-256.tar`);
  const { buffer } = await handle.read(Buffer.alloc(2 ** 20), 0, 2 ** 20, 0);
  await handle.close();
  const entries = entriesOf(buffer).slice(0, 60);
  const end = entries.at(-1)!.end;
  const data = await save('excerpt.tar', Buffer.concat([buffer.subarray(0, end), Buffer.alloc(1024)]));
  const images = await byName(await load({ data, size: 256 }));
  expect([...images.keys()].sort()).toEqual(entries.map(({ name }) => name).sort());
  for (const { name, bytes } of entries.slice(0, 5)) {
    expect(images.get(name)).toEqual(new Uint8Array(PNG.sync.read(bytes).data.filter((_, i) => i % 4 < 3)));
  }
});

/** The PNG files of a tar archive, read by hand: name at 0, size in octal at 124, content in blocks of 512. */
function entriesOf(tar: Buffer): { name: string; bytes: Buffer; end: number }[] {
  const entries = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const path = tar.toString('latin1', at, at + 100).replace(/\0.*$/, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    const end = at + 512 * (1 + Math.ceil(size / 512));
    if (path.endsWith('.png') && end <= tar.length) {
      entries.push({ name: path.split('/').at(-1)!, bytes: tar.subarray(at + 512, at + 512 + size), end });
    }
    at = end;
  }
  return entries;
}
