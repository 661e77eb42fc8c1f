import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { needs, REAL_DATA } from '@hourglass/testing/real-files';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { onWhite, resize } from '../src/index.ts';
import { byName, eachInItsOwnFolder, load, notices, root, save } from './cartoon-fixture.ts';

const { skip, note } = needs('checks on the real Cartoon Set', `${REAL_DATA}/cartoonset-256.tar`);

eachInItsOwnFolder();

test.skipIf(skip)(
  `the real folder of 400: all images are decoded, and equal those decoded and resized step by step${note}`,
  async () => {
    const folder = `${REAL_DATA}/cartoonset`;
    const images = await byName(await load({ data: folder, imageSize: 64 }));
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

test.skipIf(skip)(`official RGBA images on white equal their copies in the tar, up to its palette${note}`, async () => {
  const official = await byName(await load({ data: `${REAL_DATA}/cartoonset-official-rgba`, imageSize: 256 }));
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
});

test.skipIf(skip)(`an official RGBA image on white equals its RGB copy, up to rounding${note}`, async () => {
  const official = `${REAL_DATA}/cartoonset-official-rgba`;
  const copies = `${REAL_DATA}/cartoonset`;
  const inBoth = (await readdir(official)).filter((name) => existsSync(join(copies, name)));
  expect(inBoth).toHaveLength(1);
  await mkdir(join(root, 'copies'));
  for (const name of inBoth) await copyFile(join(copies, name), join(root, 'copies', name));
  const whites = await byName(await load({ data: official, imageSize: 500 }));
  for (const [name, copy] of await byName(await load({ data: join(root, 'copies'), imageSize: 500 }))) {
    // The copy may have been truncated where we round.
    expect(copy.every((value, i) => Math.abs(value - whites.get(name)![i]!) <= 1)).toBe(true);
  }
});

test.skipIf(skip)(`the start of the real tar: palette images at their original size${note}`, async () => {
  const handle = await open(`${REAL_DATA}/cartoonset-256.tar`);
  const { buffer } = await handle.read(Buffer.alloc(2 ** 20), 0, 2 ** 20, 0);
  await handle.close();
  const entries = entriesOf(buffer).slice(0, 60);
  const end = entries.at(-1)!.end;
  const data = await save('excerpt.tar', Buffer.concat([buffer.subarray(0, end), Buffer.alloc(1024)]));
  const images = await byName(await load({ data, imageSize: 256 }));
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
