import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { type Product, tune } from '../src/index.ts';

const device = await openDevice();

/** Collects all garbage and lets the registry free its buffers. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('10 000 eager operations leak no memory on the GPU or in JavaScript', async () => {
  const x = device.tensor(new Float32Array(4096).fill(1), [64, 64]);
  const operate = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const y = x.mul(0.5).add(1); // one kernel, two operations
      if (i % 100 === 0) expect((await y.data())[4095]).toBe(1.5);
      else await device.evaluate([y]);
      await device.room();
    }
  };
  await operate(2000);
  await collect();
  const { bytes, pipelines } = device.counters;
  const growths: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = process.memoryUsage().heapUsed;
    await operate(2000);
    await collect();
    growths.push(process.memoryUsage().heapUsed - before);
  }
  expect({ bytes: device.counters.bytes, pipelines: device.counters.pipelines }).toEqual({ bytes, pipelines });
  // In some rounds, the JavaScript engine retains more data for code that runs often. If 2000 tensors each left
  // something behind, such as a graph or a plan of a kilobyte, every round would grow by 2 MB.
  expect(Math.min(...growths)).toBeLessThan(5e5);
});

test('a result that is computed again and again from the previous one and new data holds on to none of them', async () => {
  let state = device.variable([0]).add(0);
  const w = device.variable([2]);
  const step = async (): Promise<void> => {
    state = state.add(device.tensor([1])).mul(w);
    await device.evaluate([state]);
  };
  for (let i = 0; i < 100; i++) await step();
  await collect();
  await step();
  expect(state.origins!.size).toBeLessThanOrEqual(2); // w, and what the last step uploaded
});

test('memory that is freed by hand is not counted again when its tensor is collected', async () => {
  const [image, results] = [[1, 1, 64] as const, [1, 1, 8] as const];
  const geometry = { batch: 2, large: image, small: results, window: [1, 1], stride: [1, 1], pad: [0, 0] } as const;
  const product: Product = { role: 'convolution', geometry };
  await collect();
  const { bytes } = device.counters;
  await tune(device, [product]);
  await collect();
  expect(device.counters.bytes).toBe(bytes);
});
