import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { defaultCacheDir } from '@hourglass/files';
import { smallSet } from '@hourglass/testing/idx-files';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DataError, FASHION_MIRRORS, type FashionFile } from '../src/index.ts';
import { DownloadError, type LoadOptions, loadFashionMnist } from '../src/node/index.ts';

const FILES = smallSet(20);

// The official files take 31 MB, so four small ones replace them here.
vi.mock('../src/fashion-mnist.ts', async (original) => {
  const real = await original<typeof import('../src/fashion-mnist.ts')>();
  const { smallSet } = await import('@hourglass/testing/idx-files');
  const { createHash } = await import('node:crypto');
  const set = smallSet(20);
  const FASHION_FILES = real.FASHION_FILES.map((file): FashionFile => {
    const bytes = set.get(file.name)!;
    return { ...file, bytes: bytes.length, md5: createHash('md5').update(bytes).digest('hex') };
  });
  return { ...real, FASHION_FILES };
});

let root: string;
let cacheDir: string;
let notices: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'datasets-'));
  cacheDir = join(root, 'cache');
  notices = [];
});
afterEach(() => rm(root, { recursive: true }));

type Answer = (url: URL, init: RequestInit) => Response | Promise<Response>;

/** A network in which each mirror gives its answer. */
function network(...mirrors: Answer[]) {
  return vi.fn<typeof fetch>(async (input, init) => {
    const url = new URL(String(input));
    return mirrors[FASHION_MIRRORS.findIndex((mirror) => url.href.startsWith(mirror))]!(url, init ?? {});
  });
}

const serve: Answer = (url) => new Response(FILES.get(url.pathname.split('/').at(-1)!)! as BodyInit);
const missing: Answer = () => new Response('no such key', { status: 404 });
const failing =
  (code: string): Answer =>
  () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
  };
const offline = network(failing('ENOTFOUND'), failing('ECONNREFUSED'));

const load = (options: Partial<LoadOptions> = {}) =>
  loadFashionMnist({ cacheDir, notice: (message) => notices.push(message), fetch: offline, ...options });

async function fillFolder(
  folder: string,
  change: (name: string, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes,
) {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of FILES) await writeFile(join(folder, name), change(name, bytes));
  return folder;
}

const problem = (loading: Promise<unknown>): Promise<Error> =>
  loading.then(
    () => {
      throw new Error('was accepted');
    },
    (error: Error) => error,
  );

test.each([
  ['under the names of Windows and 7-Zip', '.', (name: string) => name.replace('-idx', '.idx').replace('.gz', '')],
  ['compressed, with a dot', '.', (name: string) => name.replace('-idx', '.idx')],
  ['in the folder of torchvision', 'FashionMNIST/raw', (name: string) => name],
])('the files are found %s', async (_, folder, rename) => {
  const data = join(root, 'own');
  await mkdir(join(data, folder), { recursive: true });
  for (const [name, bytes] of FILES) {
    const renamed = rename(name);
    await writeFile(join(data, folder, renamed), renamed.endsWith('.gz') ? bytes : gunzipSync(bytes));
  }
  expect(await load({ data })).toMatchObject({ source: 'files', train: { count: 20 } });
});

test('--data takes the folder, its parent, and decompressed files, without using the network', async () => {
  const fetch = network(serve, serve);
  const folder = await fillFolder(join(root, 'fashion-mnist'));
  const plain = join(root, 'plain');
  await mkdir(plain);
  for (const [name, bytes] of FILES) await writeFile(join(plain, name.replace('.gz', '')), gunzipSync(bytes));
  const loaded = [
    await load({ data: folder, fetch }),
    await load({ data: root, fetch }),
    await load({ data: plain, fetch }),
  ];
  for (const { source, train, test: held } of loaded) {
    expect([source, train.count, held.count]).toEqual(['files', 20, 20]);
    expect(train).toEqual(loaded[0]!.train);
  }
  expect([...loaded[0]!.train.pixels.subarray(249, 253)]).toEqual([249, 250, 0, 1]);
  expect((await load({ dataDir: root, fetch })).source).toBe('files');
  expect(fetch).not.toHaveBeenCalled();
  expect(notices).toEqual([]);
});

test('a wrong --data never falls back, and the error names the file', async () => {
  await fillFolder(join(cacheDir, 'fashion-mnist'));
  const folder = join(root, 'set');
  const broken = async (name: string, bytes: Uint8Array) => {
    await fillFolder(folder);
    await writeFile(join(folder, name), bytes);
    const error = await problem(load({ data: folder, fetch: network(serve, serve) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(join(folder, name));
    return error.message;
  };
  const images = 'train-images-idx3-ubyte.gz';
  const whole = FILES.get(images)!;
  expect(await broken(images, whole.subarray(0, 100))).toMatch(
    new RegExp(`truncated.*after 100 bytes.*official file has ${whole.length} bytes`),
  );
  expect(await broken(images, gzipSync(gunzipSync(whole).subarray(0, 1000)))).toMatch(/20x28x28, 15696 bytes.*1000/);
  expect(await broken(images, FILES.get('train-labels-idx1-ubyte.gz')!)).toMatch(/28x28.*contains 20/);
  expect(await broken(images, new TextEncoder().encode('<html>'))).toContain('not an IDX file');
  const damaged = whole.slice();
  damaged.fill(0xff, 20, 60);
  expect(await broken(images, damaged)).toMatch(/damaged.*Z_DATA_ERROR/);
  await rm(join(folder, images));
  expect((await problem(load({ data: folder }))).message).toMatch(/lacks 1 of the 4.*train-images-idx3-ubyte\.gz/);
  expect((await problem(load({ data: join(root, 'nowhere') }))).message).toMatch(/no folder .*nowhere/);
  expect((await problem(load({ data: join(folder, 't10k-labels-idx1-ubyte.gz') }))).message).toMatch(
    /is a file.*folder/,
  );
  const empty = join(root, 'empty');
  await mkdir(empty);
  expect((await problem(load({ data: empty }))).message).toMatch(/does not contain Fashion-MNIST.*t10k-images/);
});

test('a file that decompresses endlessly is stopped at 128 MiB', async () => {
  const bomb = gzipSync(new Uint8Array(129 * 2 ** 20));
  const folder = await fillFolder(join(root, 'set'), (name, bytes) => (name.startsWith('train-labels') ? bomb : bytes));
  expect((await problem(load({ data: folder }))).message).toMatch(/train-labels.*more than the 134217728 bytes/);
});

test('--data-dir: a broken set throws, a missing one is searched elsewhere, but never replaced by the stand-in', async () => {
  const dataDir = join(root, 'data');
  await mkdir(join(dataDir, 'fashion-mnist'), { recursive: true });
  expect((await problem(load({ dataDir, fetch: network(serve, serve) }))).message).toContain('lacks 4 of the 4');
  await rm(join(dataDir, 'fashion-mnist'), { recursive: true });
  const error = await problem(load({ dataDir }));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toMatch(/Neither .*data nor the cache contains Fashion-MNIST.*ENOTFOUND/);
  expect((await load({ dataDir, fetch: network(serve, serve) })).source).toBe('download');
  expect((await load({ dataDir })).source).toBe('cache');
});

test('a download is announced, reports progress, and is cached for the next run', async () => {
  const progress = vi.fn();
  const first = await load({ fetch: network(serve, serve), progress });
  expect([first.source, first.train.count]).toEqual(['download', 20]);
  for (const [name, bytes] of FILES) {
    expect(notices.some((notice) => notice.includes(`${name} (`) && notice.includes(FASHION_MIRRORS[0]!))).toBe(true);
    expect(progress).toHaveBeenCalledWith(name, bytes.length, bytes.length);
  }
  notices = [];
  const second = await load();
  expect(second).toEqual({ ...first, source: 'cache' });
  expect(notices).toEqual([]);
  expect((await readdir(join(cacheDir, 'fashion-mnist'))).sort()).toEqual([...FILES.keys()].sort());
});

test.each([
  ['shortened', (bytes: Uint8Array) => bytes.subarray(0, 30), /damaged: 30 bytes instead of/],
  ['altered', (bytes: Uint8Array) => bytes.with(40, bytes[40]! ^ 1), /damaged: its MD5 is/],
])('a cached file that was %s is noticed, and only it is downloaded again', async (_, change, message) => {
  const name = 't10k-images-idx3-ubyte.gz';
  const folder = await fillFolder(join(cacheDir, 'fashion-mnist'), (at, bytes) =>
    at === name ? change(bytes) : bytes,
  );
  const fetch = network(serve, serve);
  expect((await load({ fetch })).source).toBe('download');
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(notices.join()).toMatch(message);
  expect(new Uint8Array(await readFile(join(folder, name)))).toEqual(new Uint8Array(FILES.get(name)!));
});

const html: Answer = () => new Response('<html>Please log in</html>', { headers: { 'content-type': 'text/html' } });
const altered: Answer = async (url, init) => {
  const bytes = new Uint8Array(await (await serve(url, init)).arrayBuffer());
  bytes[bytes.length - 1]! ^= 1;
  return new Response(bytes);
};
const short: Answer = async (url, init) => new Response((await (await serve(url, init)).arrayBuffer()).slice(1));
const long: Answer = async (url, init) =>
  new Response(await new Blob([await (await serve(url, init)).blob(), 'x']).arrayBuffer());
const cut: Answer = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(Uint8Array.of(0x1f, 0x8b)),
      pull: (controller) => controller.error(new TypeError('terminated', { cause: new Error('other side closed') })),
    }),
  );

test.each([
  ['404', missing, /answered HTTP 404/],
  ['an HTML page', html, /HTML page.*log-in/],
  ['altered bytes', altered, /MD5 is [0-9a-f]{32} instead of [0-9a-f]{32}/],
  ['too few bytes', short, /ended after \d+ of \d+ bytes/],
  ['too many bytes', long, /more than the expected \d+ bytes/],
  ['half an answer', cut, /broke \(other side closed\)/],
  ['a self-signed certificate', failing('SELF_SIGNED_CERT_IN_CHAIN'), /SELF_SIGNED_CERT_IN_CHAIN/],
])(
  'a mirror with %s: the other one is used; if both have it, an error and nothing in the cache',
  async (_, bad, message) => {
    const error = await problem(load({ fetch: network(bad, bad) }));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toMatch(message);
    for (const mirror of FASHION_MIRRORS) expect(error.message).toContain(new URL(mirror).host);
    expect(await readdir(cacheDir).catch(() => [])).toEqual([]);
    expect((await load({ fetch: network(bad, serve) })).source).toBe('download');
  },
);

test('without a network, the stand-in is used and announced; if one mirror answers wrongly, it is not used', async () => {
  const standIn = await load();
  expect([standIn.source, standIn.train.count, standIn.test.count]).toEqual(['procedural', 6_000, 1_000]);
  expect(notices.at(-1)).toMatch(/ENOTFOUND.*ECONNREFUSED.*procedural stand-in/);
  expect(await problem(load({ fetch: network(failing('ENOTFOUND'), missing) }))).toBeInstanceOf(DownloadError);
});

test('without a network and with `standIn: false`, the error does not mention the stand-in', async () => {
  const error = await problem(load({ standIn: false }));
  expect(error).toBeInstanceOf(DownloadError);
  expect(error.message).toMatch(/ENOTFOUND.*ECONNREFUSED.*--data/);
  expect([...notices, error.message].join()).not.toContain('stand-in');
});

test('a mirror that never answers is abandoned after 15 seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const silent: Answer = (_, init) =>
      new Promise((_resolve, reject) => {
        init.signal!.addEventListener('abort', () => reject(init.signal!.reason));
        queueMicrotask(() => vi.advanceTimersByTime(15_000));
      });
    expect((await load({ fetch: network(silent, silent) })).source).toBe('procedural');
    expect(notices.at(-1)).toContain('sent nothing for 15 seconds');
  } finally {
    vi.useRealTimers();
  }
});

test("the user's signal stops a download with its own reason", async () => {
  const controller = new AbortController();
  const hang: Answer = (_, init) =>
    new Promise((_resolve, reject) => {
      init.signal!.addEventListener('abort', () => reject(init.signal!.reason));
      controller.abort(new Error('stopped by the user'));
    });
  const error = await problem(load({ fetch: network(hang, hang), signal: controller.signal }));
  expect(error.message).toBe('stopped by the user');
});

test('concurrent loads into one cache all succeed and leave four complete files', async () => {
  const loads = await Promise.all(Array.from({ length: 6 }, () => load({ fetch: network(serve, serve) })));
  expect(new Set(loads.map((loaded) => loaded.train.count))).toEqual(new Set([20]));
  const folder = join(cacheDir, 'fashion-mnist');
  expect((await readdir(folder)).sort()).toEqual([...FILES.keys()].sort());
  for (const [name, bytes] of FILES) {
    const sum = createHash('md5')
      .update(await readFile(join(folder, name)))
      .digest('hex');
    expect(sum).toBe(createHash('md5').update(bytes).digest('hex'));
  }
});

test('partial files of a killed process are removed after a day, those of a live process are not', async () => {
  const folder = join(cacheDir, 'fashion-mnist');
  await mkdir(folder, { recursive: true });
  const [left, written] = [1, 2].map((n) => join(folder, `train-images-idx3-ubyte.gz.${n}.tmp`)) as [string, string];
  for (const path of [left, written]) await writeFile(path, 'half');
  const dayAgo = Date.now() / 1000 - 24 * 3600 - 60;
  await utimes(left, dayAgo, dayAgo);
  expect((await load({ fetch: network(serve, serve) })).source).toBe('download');
  expect((await readdir(folder)).sort()).toEqual([...FILES.keys(), 'train-images-idx3-ubyte.gz.2.tmp'].sort());
  await utimes(written, dayAgo, dayAgo);
  expect((await load()).source).toBe('cache'); // also if no file is missing
  expect((await readdir(folder)).sort()).toEqual([...FILES.keys()].sort());
});

test('a cache that cannot be written gives a notice, but does not stop the run', async () => {
  await writeFile(cacheDir, 'a file where the folder should be');
  expect((await load({ fetch: network(serve, serve) })).source).toBe('download');
  expect(notices.join()).toMatch(/can't be written to the cache.*--cache-dir/);
});

test('the cache folder is the platform’s', () => {
  expect(defaultCacheDir({}, 'linux', '/home/a')).toBe('/home/a/.cache/hourglass');
  expect(defaultCacheDir({ XDG_CACHE_HOME: '/c' }, 'linux', '/home/a')).toBe('/c/hourglass');
  expect(defaultCacheDir({ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/a')).toBe('/home/a/.cache/hourglass');
  expect(defaultCacheDir({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Caches/hourglass');
  expect(defaultCacheDir({ LOCALAPPDATA: 'C:\\L' }, 'win32', 'C:\\a')).toBe('C:\\L\\hourglass');
  expect(defaultCacheDir({}, 'win32', 'C:\\a')).toBe('C:\\a\\AppData\\Local\\hourglass');
});
