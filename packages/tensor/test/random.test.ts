import { openDevice } from '@hourglass/testing/device';
import { describe, expect, test } from 'vitest';
import {
  normalOnHost,
  philox,
  randomNormal,
  randomUniform,
  shuffledIndices,
  shuffledOnHost,
  type Tensor,
  uniformOnHost,
  type Words,
} from '../src/index.ts';

const device = await openDevice();
const words = (text: string): number[] => text.split(' ').map((word) => Number.parseInt(word, 16));

// Random123 1.14, tests/kat_vectors, `philox4x32 10`: zeros, ones, and digits of pi.
test.each([
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
])('Philox4x32-10 of %s under %s', (counter, key, expected) => {
  expect(philox(words(counter) as unknown as Words, words(key) as [number, number])).toEqual(words(expected));
});

const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer);

describe('on the GPU', () => {
  const keys = [
    { seed: 0 },
    { seed: 42, stream: 3, step: 7 },
    { seed: 0xffffffff, stream: 0xfffffffe, step: 0x80000001 },
  ];

  test.each(keys)('uniform numbers of %o are equal to those of the host, bit for bit', async (key) => {
    for (const size of [1, 6, 1000]) {
      const values = await randomUniform(device, [size], key).data();
      expect(bits(values)).toEqual(bits(uniformOnHost(size, key)));
    }
  });

  test('uniform numbers are in [0, 1), with the moments of the uniform distribution', async () => {
    const values = await randomUniform(device, [100, 1000], { seed: 5 }).data();
    expect(Math.min(...values.subarray(0, 50_000), ...values.subarray(50_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((value) => value < 1)).toBe(true);
    // Four standard errors of 1e5 numbers.
    expect(Math.abs(moment(values, 1) - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / 1e5));
    expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / 1e5));
  });

  test.each(keys)('normal numbers of %o are equal to those of the host', async (key) => {
    const values = await randomNormal(device, [501], key).data();
    // The radius √(−2 ln u) is at most √(48 ln 2) = 5.8, and there are sixteen roundings of 2⁻²⁴: WGSL allows 2.5 for
    // each division and 5 for sqrt. It would allow 2⁻¹¹ for its own log and cos.
    normalOnHost(501, key).forEach((expected, i) => {
      expect(Math.abs(values[i]! - expected)).toBeLessThan(5.8 * 16 * 2 ** -24);
    });
  });

  test('normal numbers have the moments of the normal distribution', async () => {
    const values = await randomNormal(device, [100_000], { seed: 6 }).data();
    // Four standard errors; the variances of z, z², z³ and z⁴ are 1, 2, 15 and 96.
    for (const [order, mean, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ] as const) {
      expect(Math.abs(moment(values, order) - mean)).toBeLessThan(4 * Math.sqrt(variance / 1e5));
    }
  });

  test('another seed, stream or step gives other numbers', async () => {
    const of = async (key: { seed: number; stream?: number; step?: number }): Promise<string> =>
      (await randomUniform(device, [8], key).data()).join();
    const drawn = await Promise.all([
      of({ seed: 1 }),
      of({ seed: 2 }),
      of({ seed: 1, stream: 1 }),
      of({ seed: 1, step: 1 }),
    ]);
    expect(new Set(drawn).size).toBe(4);
    expect(await of({ seed: 1, stream: 0, step: 0 })).toBe(drawn[0]);
  });

  test('seed and step may change from run to run', async () => {
    const plan = await device.compile({ seed: 'u32', step: 'u32' }, ({ seed, step }) => ({
      outputs: { noise: randomUniform(device, [10], { seed, step, stream: 2 }).mul(2) },
    }));
    for (const key of [
      { seed: 1, step: 0 },
      { seed: 1, step: 1 },
      { seed: 0xdeadbeef, step: 4_000_000_000 },
    ]) {
      plan.run(key);
      const doubled = uniformOnHost(10, { ...key, stream: 2 }).map((value) => value * 2);
      expect(await plan.read('noise')).toEqual(doubled);
    }
  });
});

function moment(values: Float32Array, order: number): number {
  return values.reduce((total, value) => total + value ** order, 0) / values.length;
}

describe('a shuffled order', () => {
  const read = async (indices: Tensor): Promise<number[]> => [...bits(await indices.data())];

  test.each([1, 2, 7, 100])('of %i is a permutation', async (total) => {
    const indices = await read(shuffledIndices(device, total, total, { seed: 1, epoch: 0, start: 0 }));
    expect(indices.sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i));
  });

  test('of 60 000 in batches is a permutation, and repeats after its end', async () => {
    const plan = await device.compile({ epoch: 'u32', start: 'u32' }, ({ epoch, start }) => ({
      outputs: { indices: shuffledIndices(device, 7000, 60_000, { seed: 3, epoch, start }) },
    }));
    const order: number[] = [];
    for (let start = 0; start < 60_000; start += 7000) {
      plan.run({ epoch: 1, start });
      order.push(...bits(await plan.read('indices')));
    }
    expect(order.length).toBe(63_000);
    expect(order.slice(60_000)).toEqual(order.slice(0, 3000));
    expect(new Set(order.slice(0, 60_000)).size).toBe(60_000);
    expect(order.every((index) => index < 60_000)).toBe(true);
  });

  test('differs for every epoch and seed, and is the same for the same key', async () => {
    const of = async (seed: number, epoch: number): Promise<string> =>
      (await read(shuffledIndices(device, 100, 100, { seed, epoch, start: 0 }))).join();
    const orders = [await of(1, 0), await of(1, 1), await of(2, 0)];
    expect(new Set(orders).size).toBe(3);
    expect(await of(1, 0)).toBe(orders[0]);
  });

  test.each([1, 7, 100, 5000])('of %i is the same on the host', async (total) => {
    const indices = await read(shuffledIndices(device, 50, total, { seed: 5, epoch: 3, start: 20 }));
    const onHost = Array.from({ length: 50 }, (_, i) => shuffledOnHost(20 + i, total, { seed: 5, epoch: 3 }));
    expect(onHost).toEqual(indices);
  });

  test('goes on where positions reach 2³²', async () => {
    const key = { seed: 5, epoch: 3 };
    const indices = await read(shuffledIndices(device, 20, 10, { ...key, start: 2 ** 32 - 8 }));
    expect(indices).toEqual(Array.from({ length: 20 }, (_, i) => shuffledOnHost(2 ** 32 - 8 + i, 10, key)));
  });

  // Often enough to detect a Feistel network of 4 bits, whose orders of 5 numbers are uneven by a tenth.
  test.each([
    { total: 4, orders: 24, each: 12 },
    { total: 5, orders: 120, each: 170 },
  ])('of $total is each possible order equally often', ({ total, orders, each }) => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < each * orders; epoch++) {
      const order = Array.from({ length: total }, (_, i) => shuffledOnHost(i, total, { seed: 7, epoch })).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(orders);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - each) ** 2 / each, 0);
    // The mean is the number of degrees of freedom, the variance twice that; this allows five standard deviations.
    expect(chiSquared).toBeLessThan(orders - 1 + 5 * Math.sqrt(2 * (orders - 1)));
  });

  test('leaves nothing near its original position', async () => {
    const indices = await read(shuffledIndices(device, 10_000, 10_000, { seed: 9, epoch: 2, start: 0 }));
    const distance = indices.reduce((total, index, i) => total + Math.abs(index - i), 0) / 10_000;
    // Two random positions in [0, n) are n/3 apart on average, with standard deviation n/√18.
    expect(Math.abs(distance - 10_000 / 3)).toBeLessThan(4 * (10_000 / Math.sqrt(18) / 100));
  });
});
