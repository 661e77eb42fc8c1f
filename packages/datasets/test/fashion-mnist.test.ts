import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { idx } from '@hourglass/testing/idx-files';
import { REAL_DATA } from '@hourglass/testing/real-files';
import { expect, test } from 'vitest';
import { classNames, DataError, FASHION_FILES, fashionMnist, type NamedBytes } from '../src/index.ts';
import { loadFashionMnist } from '../src/node/index.ts';
import { realFashion } from './real-files.ts';

const named = (name: string, bytes: Uint8Array): NamedBytes => ({ name, bytes });
const images = (shape: number[]) =>
  named('images', idx(shape, new Uint8Array(shape.reduce((product, size) => product * size, 1))));
const labels = (...values: number[]) => named('labels', idx([values.length], Uint8Array.from(values)));
const build = (imageFile: NamedBytes, labelFile: NamedBytes) =>
  fashionMnist(
    { trainImages: imageFile, trainLabels: labelFile, testImages: images([1, 28, 28]), testLabels: labels(0) },
    'files',
  );

test('splits can have any size', () => {
  const { id, source, shape, classes, train, test: held } = build(images([3, 28, 28]), labels(9, 0, 4));
  expect({ id, source, shape, train: train.count, test: held.count }).toEqual({
    id: 'fashion-mnist',
    source: 'files',
    shape: [28, 28, 1],
    train: 3,
    test: 1,
  });
  expect(classes).toHaveLength(10);
  expect(train.pixels).toHaveLength(3 * 784);
  expect([...train.labels]).toEqual([9, 0, 4]);
});

test.each([
  ['images of another size', images([2, 32, 32]), labels(0, 1), /images must contain.*28x28.*2x32x32/],
  ['a labels file for images', labels(1, 2), labels(1, 2), /labels must contain images of 28x28.*contains 2\./],
  ['an images file for labels', images([2, 28, 28]), images([2, 28, 28]), /list of labels.*2x28x28/],
  ['different numbers', images([3, 28, 28]), labels(0, 1), /3 images and labels 2 labels/],
  ['no images', images([0, 28, 28]), labels(), /0 images/],
  ['a label beyond the classes', images([3, 28, 28]), labels(0, 10, 1), /label 1 is 10.*0 to 9/],
])('refuses %s', (_, imageFile, labelFile, message) => {
  expect(() => build(imageFile, labelFile)).toThrow(DataError);
  expect(() => build(imageFile, labelFile)).toThrow(message);
});

test('labels of other images in the same format are not garments', async () => {
  expect(await classNames([images([3, 28, 28]).bytes])).toEqual([...'0123456789']);
});

test.skipIf(realFashion.skip)(`lengths and MD5 of the official files are the published ones${realFashion.note}`, () => {
  for (const file of FASHION_FILES) {
    const bytes = readFileSync(`${REAL_DATA}/fashion-mnist/${file.name}`);
    expect(bytes.length).toBe(file.bytes);
    expect(createHash('md5').update(bytes).digest('hex')).toBe(file.md5);
  }
});

test.skipIf(realFashion.skip)(`the real set has its published counts and statistics${realFashion.note}`, async () => {
  const { source, classes, train, test: held } = await loadFashionMnist({ data: REAL_DATA, notice: () => {} });
  expect([source, train.count, held.count]).toEqual(['files', 60_000, 10_000]);
  expect(classes[9]).toBe('Ankle boot');
  const perClass = (values: Uint8Array) =>
    Array.from({ length: 10 }, (_, label) => values.filter((value) => value === label).length);
  expect(perClass(train.labels)).toEqual(Array(10).fill(6_000));
  expect(perClass(held.labels)).toEqual(Array(10).fill(1_000));
  let sum = 0;
  let squares = 0;
  for (const byte of train.pixels) {
    sum += byte;
    squares += byte * byte;
  }
  const mean = sum / train.pixels.length;
  const deviation = Math.sqrt(squares / train.pixels.length - mean * mean);
  expect(mean / 255).toBeCloseTo(0.28604, 5); // the five published digits
  expect(deviation / 255).toBeCloseTo(0.35302, 5);
});
