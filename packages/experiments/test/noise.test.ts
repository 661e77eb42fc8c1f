import { type Device, normalOnHost, type Shape, sizeOf, uniformOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  addNoise,
  addNoiseOnHost,
  type Noise,
  noiseCaption,
  noiseMetadata,
  noiseOf,
  parseNoise,
} from '../src/noise.ts';

const COUNT = 100_000;
const GREY = 0.5;

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const noisy = (noise: Noise): Promise<Float32Array> => {
  const random = {
    uniform: (shape: Shape) => device.tensor(uniformOnHost(sizeOf(shape), { seed: 4 }), shape),
    normal: (shape: Shape) => device.tensor(normalOnHost(sizeOf(shape), { seed: 4 }), shape),
  };
  return addNoise(device.tensor(new Float32Array(COUNT).fill(GREY)), random, noise).data();
};
const share = (values: Float32Array, wanted: number): number =>
  values.filter((value) => value === wanted).length / COUNT;

test.each<Noise>(['salt-pepper:0.4', 'mask:0.3', 'gaussian:0.3'])(
  '%s on the host is that of the device',
  async (noise) => {
    const expected = await noisy(noise);
    const onHost = addNoiseOnHost(new Float32Array(COUNT).fill(GREY), noise, 4);
    // The product and the sum may be rounded once or twice.
    const furthest = onHost.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    expect(furthest).toBeLessThan(2 ** -22);
  },
);

describe('on grey pixels', () => {
  /** Five standard deviations of a share of 0.3 among the pixels. */
  const SPREAD = 5 * Math.sqrt((0.3 * 0.7) / COUNT);

  test('a mask blackens its share, and nothing else', async () => {
    const values = await noisy('mask:0.3');
    expect(Math.abs(share(values, 0) - 0.3)).toBeLessThan(SPREAD);
    expect(share(values, 0) + share(values, GREY)).toBe(1);
  });

  test('salt and pepper take half the share each', async () => {
    const values = await noisy('salt-pepper:0.4');
    expect(Math.abs(share(values, 0) - 0.2)).toBeLessThan(SPREAD);
    expect(Math.abs(share(values, 1) - 0.2)).toBeLessThan(SPREAD);
    expect(share(values, 0) + share(values, 1) + share(values, GREY)).toBeCloseTo(1, 12);
  });

  test('Gaussian noise has its standard deviation, and stays in [0, 1]', async () => {
    const small = await noisy('gaussian:0.05');
    const mean = small.reduce((sum, value) => sum + value, 0) / COUNT;
    const variance = small.reduce((sum, value) => sum + (value - mean) ** 2, 0) / COUNT;
    // Five standard deviations of the estimates.
    expect(Math.abs(mean - GREY)).toBeLessThan((5 * 0.05) / Math.sqrt(COUNT));
    expect(Math.abs(Math.sqrt(variance) - 0.05)).toBeLessThan((5 * 0.05) / Math.sqrt(2 * COUNT));
    const large = await noisy('gaussian:2');
    expect(Math.min(...large.subarray(0, 1000))).toBe(0);
    expect(Math.max(...large.subarray(0, 1000))).toBe(1);
  });
});

test.each([
  ['gaussian:0.2', 'gaussian:0.2'],
  ['mask:.30', 'mask:0.3'],
  ['salt-pepper:1', 'salt-pepper:1'],
])('%s is noise', (text, noise) => {
  expect(parseNoise(text)).toBe(noise);
});

test.each([
  'gaussian',
  'gaussian:',
  'gaussian:0',
  'gaussian:-1',
  'gaussian:11',
  'mask:1.1',
  'mask:0x1',
  'mask:0.1:2',
  'rain:0.1',
  'toString:1',
])('%s is no noise', (text) => {
  expect(parseNoise(text)).toBeUndefined();
});

test('a model remembers its noise; models without one have that of the report', () => {
  expect(noiseOf(noiseMetadata('mask:0.3'))).toBe('mask:0.3');
  expect(noiseOf({})).toBe('salt-pepper:0.1');
});

test('captions say what was done', () => {
  expect(noiseCaption('salt-pepper:0.1')).toBe('10 % of the pixels are noise');
  expect(noiseCaption('gaussian:0.2')).toBe('Gaussian noise with standard deviation 0.2');
});
