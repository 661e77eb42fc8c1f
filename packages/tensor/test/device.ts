import { afterAll } from 'vitest';
import { Device } from '../src/index.ts';
import { requestAdapter } from '../src/node/index.ts';

/**
 * A device on this machine's adapter for the tests of one file, destroyed after them. `kind` chooses the kernels' tiles,
 * which give the same numbers on any adapter; default the adapter's own.
 */
export async function openDevice(kind?: 'hardware' | 'software'): Promise<Device> {
  const { adapter, info } = await requestAdapter();
  const device = await Device.create(adapter, kind ?? info.kind);
  afterAll(() => device.destroy());
  return device;
}
