import { test } from 'vitest';
import { Device, randomUniform } from '../src/index.ts';
import { requestAdapter } from '../src/node/index.ts';
test('x', async () => {
  const { adapter, info } = await requestAdapter();
  const device = await Device.create(adapter, info.kind);
  console.log(info, device.limits.maxStorageBuffersPerShaderStage, device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  console.log(await device.tensor([-100, -50, 50, 100, 1e4]).tanh().data(), await device.tensor([-100,-200, 200]).sigmoid().data());
  console.log(await randomUniform(device, [5], { seed: 1 }).data());
});
