import { promisify } from 'node:util';
import { Device } from '@hourglass/tensor';
import { expect, test } from 'vitest';
import { pollPatiently, requestAdapter } from '../src/index.ts';

test('on a software adapter Dawn waits without a busy loop, and other callbacks run at once', async () => {
  const { setImmediate: immediate } = globalThis;
  let calls = 0;
  const given = Object.assign((...args: Parameters<typeof immediate>) => {
    calls++;
    return immediate(...args);
  }, immediate) as typeof immediate;
  globalThis.setImmediate = given;
  const { adapter, info } = await requestAdapter('software');
  expect(globalThis.setImmediate).toBe(given); // requestAdapter changes nothing global
  pollPatiently();
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
