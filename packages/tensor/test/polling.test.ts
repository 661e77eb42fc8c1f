import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Device } from '../src/index.ts';
import { requestAdapter } from '../src/node/index.ts';

test('on a software adapter Dawn waits without a busy loop, and others are served at once', async () => {
  const { setImmediate: immediate } = globalThis;
  let calls = 0;
  globalThis.setImmediate = Object.assign((...args: Parameters<typeof immediate>) => {
    calls++;
    return immediate(...args);
  }, immediate) as typeof immediate;
  const { adapter, info } = await requestAdapter('software');
  expect(info.kind).toBe('software');
  const device = await Device.create(adapter, 'software');
  calls = 0;
  expect(await device.tensor([1, 2, 3]).mul(2).sum().item()).toBe(12);
  expect(calls).toBe(0);

  const order: string[] = [];
  setTimeout(() => order.push('timer'), 50);
  setImmediate((word: string) => order.push(word), 'immediate');
  await promisify(setImmediate)();
  expect(order).toEqual(['immediate']);
  expect(calls).toBeGreaterThan(0);
  device.destroy();
});
