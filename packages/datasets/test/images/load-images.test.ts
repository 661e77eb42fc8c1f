import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { npyFile, zipOf } from '@hourglass/testing/zip-files';
import { packTar } from 'modern-tar';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError, splitByContent } from '../../src/index.ts';
import { type LoadImagesOptions, loadImages, type OwnImages } from '../../src/node/index.ts';

let root: string;
let notices: string[];
let open: OwnImages[];
beforeEach(async () => {
  open = [];
  root = await mkdtemp(join(tmpdir(), 'images-'));
  notices = [];
});
afterEach(async () => {
  for (const images of open) await images.close();
  await rm(root, { recursive: true });
});

const SIZE = 16;
async function load(path: string, options: Partial<LoadImagesOptions> = {}): Promise<OwnImages> {
  const images = await loadImages(join(root, path), {
    ...{ fit: 'cover', background: '#ffffff', validation: 0.2, cacheDir: join(root, 'cache') },
    notice: (message) => notices.push(message),
    ...options,
  });
  open.push(images);
  return images;
}
async function save(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), bytes);
}

/** A gray image that no other number has. */
const pixels = (n: number, channels = 1): Uint8Array =>
  Uint8Array.from({ length: SIZE * SIZE * channels }, (_, i) => (i * (n + 3) + 31 * n) % 256);
const png = (n: number, channels: 1 | 3 = 1): Promise<Buffer> =>
  sharp(pixels(n, channels), { raw: { width: SIZE, height: SIZE, channels } })
    .png()
    .toBuffer();

/** Every image of both splits by its name, and its class. */
async function byName({ train, test, classes = [] }: OwnImages) {
  const found = new Map<string, { pixels: Uint8Array; class: string | undefined }>();
  for (const stream of [train, test])
    for (const [i, name] of stream.names.entries())
      found.set(name, { pixels: await stream.read([i]), class: classes[stream.labels?.[i] ?? -1] });
  return found;
}
const hashesOf = async (images: OwnImages): Promise<string[]> =>
  Promise.all(
    [images.train, images.test].map(async (stream) =>
      Buffer.from(await stream.read(Array.from({ length: stream.count }, (_, i) => i))).toString('hex'),
    ),
  );

async function problem(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(DataError);
  const { message } = error as DataError;
  expect(message.split('\n')).toHaveLength(1);
  return message;
}

describe('where images come from', () => {
  test('the same images give the same rows in the same order, whatever holds them', async () => {
    const count = 30;
    const files = await Promise.all(
      Array.from({ length: count }, async (_, n) => [`set/${n % 2 ? 'odd' : 'even'}/${n}.png`, await png(n)] as const),
    );
    for (const [path, bytes] of files) await save(path, bytes);
    const tar = await packTar(files.map(([name, body]) => ({ header: { name, size: body.length }, body })));
    await save('set.tar', tar);
    await save('set.tgz', gzipSync(tar));
    await save('set.zip', zipOf([['set/', new Uint8Array()], ...files]));
    const all = Buffer.concat(Array.from({ length: count }, (_, n) => pixels(n)));
    await save('a.npy', npyFile('|u1', [count, SIZE, SIZE], all));
    const labels = Buffer.alloc(8 * count);
    for (let n = 0; n < count; n++) labels.writeBigInt64LE(BigInt(n % 2), 8 * n);
    await save(
      'a.npz',
      zipOf([
        ['x.npy', npyFile('|u1', [count, SIZE, SIZE, 1], all)],
        ['y.npy', npyFile('<i8', [count], labels)],
      ]),
    );

    const folder = await load('set');
    expect(folder.shape).toEqual([SIZE, SIZE, 1]);
    expect(folder.classes).toEqual(['even', 'odd']);
    const found = await byName(folder);
    expect(found.size).toBe(count);
    for (let n = 0; n < count; n++) {
      const kind = n % 2 ? 'odd' : 'even';
      expect(found.get(`${kind}/${n}.png`)).toEqual({ pixels: pixels(n), class: kind });
    }
    const wanted = await hashesOf(folder);
    for (const path of ['set.tar', 'set.tgz', 'set.zip', 'a.npy', 'a.npz']) {
      const images = await load(path);
      expect(await hashesOf(images), path).toEqual(wanted);
      expect(images.classes, path).toEqual(path === 'a.npy' ? [] : path === 'a.npz' ? ['0', '1'] : ['even', 'odd']);
    }
    // the second time they are there
    notices = [];
    await load('set');
    expect(notices.join()).not.toContain('Decoding');
  });

  test('one image in colour makes all of them so, wherever it comes', async () => {
    for (let n = 0; n < 20; n++) await save(`set/${String(n).padStart(2, '0')}.png`, await png(n, n === 15 ? 3 : 1));
    const images = await load('set');
    expect(images.shape).toEqual([SIZE, SIZE, 3]);
    const found = await byName(images);
    expect(found.get('15.png')!.pixels).toEqual(pixels(15, 3));
    expect(found.get('14.png')!.pixels).toEqual(
      Uint8Array.from(pixels(14, 3), (_, i) => pixels(14)[Math.floor(i / 3)]!),
    );
    expect((await load('set', { channels: 1 })).shape).toEqual([SIZE, SIZE, 1]);
  });

  test('the size is the median of the shorter sides, to a multiple of 8, at most 128, and said', async () => {
    for (const [n, [width, height]] of (
      [
        [30, 90],
        [41, 50],
        [500, 45],
      ] as const
    ).entries())
      await save(
        `set/${n}.png`,
        await sharp(await png(n))
          .resize({ width, height, fit: 'fill' })
          .png()
          .toBuffer(),
      );
    expect((await load('set')).shape).toEqual([40, 40, 1]);
    expect(notices.join('\n')).toMatch(/median of the shorter sides of the images is 41 pixels: they are made 40x40/);
    for (const n of [0, 1])
      await save(
        `large/${n}.png`,
        await sharp(await png(n))
          .resize(300, 300)
          .png()
          .toBuffer(),
      );
    expect((await load('large')).shape).toEqual([128, 128, 1]);
    expect((await load('large', { size: 24 })).shape).toEqual([24, 24, 1]);
  });

  test('arrays of other numbers are scaled, which is said; channels may come first', async () => {
    const digits = Float64Array.from({ length: 6 * 64 }, (_, i) => (i * 7) % 17);
    await save('digits.npy', npyFile('<f8', [6, 64], new Uint8Array(digits.buffer)));
    const images = await load('digits.npy', { size: 8 });
    expect(notices.join('\n')).toMatch(/from 0 to 16, are scaled: 0 is black, 16 white/);
    expect((await byName(images)).get('digits-2')!.pixels).toEqual(
      Uint8Array.from(digits.subarray(128, 192), (value) => Math.round((value / 16) * 255)),
    );
    // [images, channels, height, width] of numbers up to 1
    const planes = Float32Array.from({ length: 4 * 3 * 64 }, (_, i) => ((i * 13) % 256) / 255);
    await save('planes.npy', npyFile('<f4', [4, 3, 8, 8], new Uint8Array(planes.buffer)));
    const colour = (await byName(await load('planes.npy', { size: 8 }))).get('planes-1')!.pixels;
    expect(colour).toEqual(
      Uint8Array.from({ length: 192 }, (_, i) => Math.round(255 * planes[192 + (i % 3) * 64 + Math.floor(i / 3)]!)),
    );
  });
});

test('one-hot rows are labels, other arrays beside images are no images, and objects do no harm', async () => {
  const count = 6;
  const images = Buffer.concat(Array.from({ length: count }, (_, n) => pixels(n)));
  const hot = Uint8Array.from({ length: 4 * count }, (_, i) => (i % 4 === Math.floor(i / 4) % 3 ? 1 : 0));
  const object = npyFile('|O', [1], new Uint8Array(8));
  await save(
    'hot.npz',
    zipOf([
      ['y.npy', npyFile('|u1', [count, 4], hot)],
      ['boxes.npy', npyFile('|u1', [count, 9], new Uint8Array(9 * count))],
      ['x.npy', npyFile('|u1', [count, SIZE, SIZE], images)],
      ['about.npy', object],
    ]),
  );
  const found = await byName(await load('hot.npz'));
  expect([...found.keys()].toSorted()).toEqual(Array.from({ length: count }, (_, n) => `x-${n}`));
  expect(found.get('x-5')).toEqual({ pixels: pixels(5), class: '2' });
  expect(notices.join('\n')).not.toContain('skipped');
  expect(notices.join('\n')).toMatch(
    /hot\.npz, about\.npy contains Python objects, saved with pickle, which are not read/,
  );
  await save('object.npz', zipOf([['about.npy', object]]));
  expect(await problem(load('object.npz'))).toMatch(/about\.npy contains Python objects/);
});

describe('the split', () => {
  test('goes by content: copies are on one side, and no image changes sides when others come', async () => {
    const side = async (images: OwnImages) =>
      new Map([
        ...images.train.names.map((name) => [name, 'train'] as const),
        ...images.test.names.map((name) => [name, 'test'] as const),
      ]);
    for (let n = 0; n < 40; n++) {
      await save(`set/${n}.png`, await png(n));
      if (n < 20)
        await save(
          `set/copy-${n}.webp`,
          await sharp(await png(n))
            .webp({ lossless: true })
            .toBuffer(),
        );
    }
    const first = await side(await load('set'));
    for (let n = 0; n < 20; n++) expect(first.get(`copy-${n}.webp`)).toBe(first.get(`${n}.png`));
    expect(notices.join('\n')).toMatch(
      /20 of 60 images in .* are copies.*copy-0\.webp is a copy of 0\.png; .*and 17 more/,
    );
    for (let n = 40; n < 60; n++) await save(`set/${n}.png`, await png(n));
    const more = await side(await load('set'));
    for (const [name, own] of first) expect(more.get(name)).toBe(own);
  });

  test('holds back the share that is wanted, and one image at least', () => {
    const hashes = Array.from({ length: 4000 }, (_, i) => ((i * 2654435761) % 2 ** 32).toString(16).padStart(8, '0'));
    // 4000 draws of 0.25: three standard deviations are 82
    expect(Math.abs(splitByContent(hashes, 0.25).test.length - 1000)).toBeLessThan(82);
    expect(splitByContent(['ffffffff', 'eeeeeeee', 'eeeeeeee'], 0.01)).toEqual({ train: [0], test: [1, 2] });
    expect(splitByContent(['11111111', '00000000'], 0.9)).toEqual({ train: [0], test: [1] });
    expect(() => splitByContent(['aaaaaaaa', 'aaaaaaaa'], 0.5)).toThrow(
      /2 images, all the same; at least two different/,
    );
    expect(() => splitByContent(['aaaaaaaa'], 0.5)).toThrow(/is one image; at least two/);
  });
});

describe('what is amiss', () => {
  test('broken, tiny, animated and foreign files are counted and named', async () => {
    for (let n = 0; n < 6; n++) await save(`set/${n}.png`, await png(n));
    await save('set/cut.png', (await png(9)).subarray(0, 100));
    await save('set/phone.heic', new Uint8Array(10));
    await save(
      'set/pixel.gif',
      await sharp(await png(1))
        .resize(1, 1)
        .gif()
        .toBuffer(),
    );
    await save('set/notes.txt', new Uint8Array(10));
    const frames = await sharp([await png(7), await png(8)], { join: { animated: true } })
      .gif()
      .toBuffer();
    await save('set/moving.gif', frames);
    const images = await load('set');
    expect(images.train.count + images.test.count).toBe(7);
    expect((await byName(images)).get('moving.gif')!.pixels).toEqual(pixels(7));
    const said = notices.join('\n');
    expect(said).toMatch(
      /3 of 10 images in .*skipped: cut\.png is damaged or cut short; phone\.heic is HEIC, which is not read.*; pixel\.gif is tiny, 1x1/,
    );
    expect(said).toMatch(/1 of 10 images in .* have several frames, of which the first is taken: moving\.gif/);
    expect(await problem(load('set', { strict: true }))).toMatch(/cut\.png is damaged.*--strict/);
  });

  test('what holds no images is told, and leaves nothing', async () => {
    await mkdir(join(root, 'empty'));
    expect(await problem(load('empty'))).toMatch(/contain no images \(PNG, JPEG/);
    expect(await problem(load('nowhere'))).toMatch(/^There is no /);
    await save('note.txt', new TextEncoder().encode('hello'));
    expect(await problem(load('note.txt'))).toMatch(/neither a folder nor an archive .* nor an array/);
    await save('notes.zip', zipOf([['a.txt', new Uint8Array(3)]]));
    expect(await problem(load('notes.zip'))).toMatch(/contains? no images/);
    await save('cut.zip', zipOf([['a.png', await png(1)]]).subarray(0, -30));
    expect(await problem(load('cut.zip'))).toMatch(/damaged or cut short, as a zip archive/);
    await save(
      'evil.zip',
      zipOf([
        ['a.png', await png(1)],
        ['../b.png', await png(2)],
      ]),
    );
    expect(await problem(load('evil.zip'))).toMatch(/would be outside its folder, "\.\.\/b\.png"/);
    await save('cut.npy', npyFile('|u1', [9, 16, 16], new Uint8Array(2000)));
    expect(await problem(load('cut.npy'))).toMatch(/cut short: cut has 7 of 9 images/);
    await save('table.npy', npyFile('<f4', [9, 15], new Uint8Array(9 * 15 * 4)));
    expect(await problem(load('table.npy'))).toMatch(/holds table \[9, 15\], and no array of images/);
    await save('nan.npy', npyFile('<f4', [2, 8, 8], new Uint8Array(new Float32Array(128).fill(Number.NaN).buffer)));
    expect(await problem(load('nan.npy'))).toMatch(
      /image 0 of nan, counted from 0, has a pixel that is no finite number/,
    );
    await save('one/a.png', await png(1));
    expect(await problem(load('one'))).toMatch(/is one image; at least two different ones/);
    expect((await readdir(join(root, 'cache/images'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a zip entry that is damaged is one image less', async () => {
    const zip = zipOf(
      await Promise.all(Array.from({ length: 5 }, async (_, n) => [`${n}.png`, await png(n)] as const)),
    );
    const second = zip.indexOf('1.png') + 5;
    zip.fill(0xff, second + 20, second + 60);
    await save('set.zip', zip);
    const images = await load('set.zip');
    expect(images.train.count + images.test.count).toBe(4);
    expect(notices.join('\n')).toMatch(/1 of 5 images in .*1\.png is damaged/);
  });

  test('more folders than labels can be are no classes', async () => {
    for (let n = 0; n < 260; n++) await save(`set/${n}/a.png`, await png(n));
    expect((await load('set')).classes).toEqual([]);
    expect(notices.join('\n')).toMatch(/There are 260 folders or labels; more than 256/);
  });
});
