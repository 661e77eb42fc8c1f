import { type Device, normalOnHost, uniformOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { randomDraws } from '../src/index.ts';

const COUNT = 12;
const KEY = { seed: 7, step: 5 };

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

/** The numbers of several draws in one trace, uniform or normal, as text. */
async function drawn(kinds: readonly ('uniform' | 'normal')[], training = true, key = KEY): Promise<string[]> {
  const scalars = { seed: device.integers(key.seed), step: device.integers(key.step) };
  const draws = randomDraws(device, scalars, { training });
  const found: string[] = [];
  for (const kind of kinds) found.push((await draws[kind]([COUNT]).data()).join());
  return found;
}

test('a step first draws from streams 2 and 3', async () => {
  expect(await drawn(['uniform'])).toEqual([uniformOnHost(COUNT, { ...KEY, stream: 2 }).join()]);
  const normal = (await drawn(['normal']))[0]!.split(',').map(Number);
  // As in the engine's test: sixteen roundings of numbers up to 5.8.
  normalOnHost(COUNT, { ...KEY, stream: 3 }).forEach((expected, i) => {
    expect(Math.abs(normal[i]! - expected)).toBeLessThan(5.8 * 16 * 2 ** -24);
  });
});

test('inference draws from its own stream', async () => {
  expect(await drawn(['uniform'], false)).toEqual([uniformOnHost(COUNT, { ...KEY, stream: 4 }).join()]);
});

test('every draw, seed and step gives different numbers, and the same ones when repeated', async () => {
  const all = [
    ...(await drawn(['uniform', 'uniform', 'uniform'])),
    ...(await drawn(['uniform', 'uniform'], false)),
    ...(await drawn(['uniform'], true, { ...KEY, seed: 8 })),
    ...(await drawn(['uniform'], true, { ...KEY, step: 6 })),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(await drawn(['uniform', 'normal', 'uniform'])).toEqual(await drawn(['uniform', 'normal', 'uniform']));
});
