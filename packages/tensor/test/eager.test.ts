import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';

const device = await openDevice();

/** Collects everything that nobody holds, and lets the registry free its buffers. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('10 000 eager operations leak no memory, on the GPU or beside it', async () => {
  const x = device.tensor(new Float32Array(4096).fill(1), [64, 64]);
  const operate = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const y = x.mul(0.5).add(1); // one kernel, two operations
      if (i % 100 === 0) expect((await y.data())[4095]).toBe(1.5);
      else await device.evaluate([y]);
      await device.room();
    }
  };
  // What the engine of JavaScript keeps of code that runs often grows for some thousand rounds, then stays.
  await operate(2500);
  await collect();
  const before = { ...device.counters, heap: process.memoryUsage().heapUsed };
  await operate(5000);
  await collect();
  const { bytes, pipelines } = device.counters;
  expect({ bytes, pipelines }).toEqual({ bytes: before.bytes, pipelines: before.pipelines });
  // 5000 tensors of which something stayed, a graph or a plan of a kilobyte, would be five times as much.
  expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(1e6);
});
