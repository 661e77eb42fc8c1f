import { packTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { unpackTar } from '../src/unpack-tar.ts';

const LONG = `${'folder/'.repeat(30)}cs1.png`;
const files = [
  { name: 'cs0.png', bytes: Uint8Array.from({ length: 700 }, (_, i) => i % 251) },
  { name: LONG, bytes: Uint8Array.of(1, 2, 3) },
  { name: 'empty.png', bytes: new Uint8Array() },
];
const archive = await packTar([
  { header: { name: 'folder/', size: 0, type: 'directory' } },
  ...files.map(({ name, bytes }) => ({ header: { name, size: bytes.length }, body: bytes })),
]);

test('an archive that another library packed gives its files, wherever its bytes lie', () => {
  const found = unpackTar(archive);
  expect(found.map(({ bytes }) => bytes)).toEqual(files.map(({ bytes }) => bytes));
  expect(found.map(({ name }) => name.replace(/.*\//, ''))).toEqual(['cs0.png', 'cs1.png', 'empty.png']);
  const padded = new Uint8Array(archive.length + 8);
  padded.set(archive, 3);
  expect(unpackTar(padded.subarray(3, 3 + archive.length))).toEqual(found);
});

test('an archive cut short anywhere throws', () => {
  const cuts = Array.from({ length: (archive.length - 1024) / 100 }, (_, i) => 100 * i);
  for (const at of [...cuts, 512, 2048]) expect(() => unpackTar(archive.subarray(0, at)), `at ${at}`).toThrow();
});
