import { expect, test } from 'vitest';
import { proceduralCartoons, resize } from '../src/index.ts';

const rowBytes = (size: number) => size * size * 3;

test('has the format of the Cartoon Set and is marked as procedural', async () => {
  const { id, source, shape, train, test: held } = proceduralCartoons({ imageSize: 64, train: 30, test: 5 });
  expect([id, source, shape]).toEqual(['cartoonset', 'procedural', [64, 64, 3]]);
  expect([train.count, train.names.length, held.count]).toEqual([30, 30, 5]);
  expect((await train.read([29, 0, 3])).length).toBe(3 * rowBytes(64));
  for (const wrong of [30, -1, 0.5]) await expect(train.read([wrong])).rejects.toThrow(RangeError);
});

test('the same seed gives the same faces in any order; other seeds and the other split give different ones', async () => {
  const { train, test: held } = proceduralCartoons({ seed: 3, imageSize: 32 });
  const [some, again] = [
    await train.read([0, 1, 2]),
    await proceduralCartoons({ seed: 3, imageSize: 32 }).train.read([2, 0]),
  ];
  expect(again.subarray(0, rowBytes(32))).toEqual(some.subarray(2 * rowBytes(32)));
  expect(again.subarray(rowBytes(32))).toEqual(some.subarray(0, rowBytes(32)));
  expect(await held.read([0, 1, 2])).not.toEqual(some);
  expect(await proceduralCartoons({ seed: 4, imageSize: 32 }).train.read([0, 1, 2])).not.toEqual(some);
});

test('all faces differ, corners are white, and a good part of each picture is painted', async () => {
  const { train } = proceduralCartoons({ imageSize: 64 });
  const bytes = await train.read(Array.from({ length: 300 }, (_, i) => i));
  const faces = Array.from({ length: 300 }, (_, i) => bytes.subarray(i * rowBytes(64), (i + 1) * rowBytes(64)));
  expect(new Set(faces.map((face) => face.join())).size).toBe(300);
  for (const face of faces) {
    for (const corner of [0, 63, 63 * 64, 64 * 64 - 1])
      expect([...face.slice(3 * corner, 3 * corner + 3)]).toEqual([255, 255, 255]);
    const painted = face.filter((byte) => byte < 250).length / face.length;
    expect(painted).toBeGreaterThan(0.1); // a bald head is 40 by 50 of the 100 by 100 units of the picture
    expect(painted).toBeLessThan(0.6);
  }
});

test('another size shows the same faces: 512 reduced to 64 is nearly the same as drawn at 64', async () => {
  const large = resize(await proceduralCartoons({ imageSize: 512 }).train.read([7]), 512, 512, 64);
  const small = await proceduralCartoons({ imageSize: 64 }).train.read([7]);
  const other = await proceduralCartoons({ imageSize: 64 }).train.read([8]);
  const distance = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
  // The triangle filter blurs every edge over one pixel more than coverage does. Another face differs everywhere.
  expect(distance(large, small)).toBeLessThan(4);
  expect(distance(other, small)).toBeGreaterThan(8);
});
