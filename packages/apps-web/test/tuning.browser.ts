import { Device, productKey, productsIn } from '@hourglass/tensor';
import { requestAdapter } from '@hourglass/testing/browser-adapter';
import { afterAll, expect, test } from 'vitest';
import { keepTuning, storedTuning, withMeasured } from '../src/engine/tuning.ts';

const { adapter, info } = await requestAdapter();
const device = await Device.create(adapter, info.kind);
afterAll(() => device.destroy());

const products = productsIn([device.zeros([32, 16]).matmul(device.zeros([16, 8]))]);

test('products are measured once, and the browser stores the tuning of the adapter', async () => {
  expect(await storedTuning('this adapter')).toEqual({});
  const reports: number[] = [];
  const tuning = await withMeasured({}, device, products, (done) => reports.push(done));
  expect(reports).toEqual([0, 1]);
  expect(Object.keys(tuning)).toEqual(products.map(productKey));
  await keepTuning('this adapter', tuning);

  const kept = await storedTuning('this adapter');
  expect(kept).toEqual(tuning);
  expect(await withMeasured(kept, device, products, () => expect.unreachable())).toEqual(tuning);
  expect(await storedTuning('another adapter')).toEqual({});
});

test('an invalid stored tuning is ignored', async () => {
  const store = await caches.open('hourglass-tuning');
  for (const text of ['{"a":', '{"a":{"kernel":"tiled"}}', '[]']) {
    await keepTuning('a damaged one', {});
    for (const request of await store.keys())
      if (request.url.includes('damaged')) await store.put(request, new Response(text));
    expect(await storedTuning('a damaged one'), text).toEqual({});
  }
});
