import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import {
  type Device,
  grad,
  isTuned,
  type Product,
  parseTuning,
  productKey,
  productsIn,
  type Tuning,
  tune,
  tunedTile,
  tuningOf,
} from '../src/index.ts';
import { expectClose, numbers, upload } from './check.ts';
import { conv2d } from './reference-convolution.ts';

const device = await openDevice();

const IMAGE = [2, 6, 6, 8] as const;
const KERNEL = [3, 3, 8, 16] as const;

/** A layer and its gradients: one product of each role. */
function layer(on: Device) {
  const [x, kernel] = [upload(on, numbers(IMAGE, 1)), upload(on, numbers(KERNEL, 2))];
  const output = x.conv2d(kernel, { stride: 2 });
  const [dx, dKernel] = grad(output.square().sum(), [x, kernel]);
  return { output, dx: dx!, dKernel: dKernel! };
}

const productOf = (batch: number): Product => ({
  role: 'convolution',
  geometry: { batch, large: [6, 6, 8], small: [3, 3, 16], window: [3, 3], stride: [2, 2], pad: [0, 0] },
});

test('the products of a graph are listed once each', () => {
  const { output, dx, dKernel } = layer(device);
  const products = productsIn([output, output.mul(2), dx, dKernel]);
  expect(products.map(({ role }) => role).sort()).toEqual(['adjoint', 'convolution', 'weightGradient']);
  expect(products.map(productKey)).toContain(productKey(productOf(2)));
});

test('no chosen tile is slower than the table’s', async () => {
  const { output, dx, dKernel } = layer(device);
  const counts: number[] = [];
  const tuned = await tune(device, productsIn([output, dx, dKernel]), { onProgress: (done) => counts.push(done) });
  expect(counts).toEqual([0, 1, 2, 3]);
  for (const { tile, milliseconds, usual, candidates } of tuned) {
    expect(milliseconds).toBeLessThanOrEqual(usual);
    const kernels = new Set(candidates.map((candidate) => candidate.tile.kernel));
    expect(kernels).toEqual(new Set(['direct', 'tiled']));
    const times = candidates.map((candidate) => candidate.milliseconds);
    // If the gain is within the noise, the table's tile stays.
    if (milliseconds === usual) expect(Math.min(...times)).toBeGreaterThanOrEqual(0.95 * usual);
    else expect(milliseconds).toBe(Math.min(...times));
    expect(candidates.find((candidate) => candidate.milliseconds === milliseconds)?.tile).toEqual(tile);
  }
});

test('a device computes the same products with given tiles', async () => {
  const tile = {
    kernel: 'tiled',
    rows: 32,
    columns: 32,
    depth: 8,
    laneRows: 4,
    laneColumns: 4,
    workgroups: 4,
  } as const;
  const products = productsIn(Object.values(layer(device)));
  const tuned = await openDevice(undefined, {
    tuning: Object.fromEntries(products.map((product) => [productKey(product), tile])),
  });
  expect(tuned.tileOf(productOf(2))).toEqual(tile);
  const { output, dx, dKernel } = layer(tuned);
  await tuned.evaluate([output, dx, dKernel]);
  const reference = conv2d(numbers(IMAGE, 1), numbers(KERNEL, 2), { stride: [2, 2], padding: 'same' });
  const gradients = reference.gradients(reference.output.data.map((value) => 2 * value));
  expectClose(await output.data(), reference.output.data, 'output');
  expectClose(await dx.data(), gradients.x.data, 'dx');
  expectClose(await dKernel.data(), gradients.kernel.data, 'dKernel');
});

test('products left when time runs out get the usual tile, and are not measured again', async () => {
  const products = [productOf(2), productOf(64)];
  expect(await tune(device, products, { seconds: 0 })).toEqual([]);
  const tuning = tuningOf(device, products, []);
  expect(Object.values(tuning)).toEqual(products.map((product) => device.tileOf(product)));
  expect(products.every((product) => isTuned(tuning, product))).toBe(true);
});

test('no product is measured that may take longer than the remaining time', async () => {
  // Each product takes at least 0.2 s, the time to warm up.
  expect(await tune(device, [1, 2].map(productOf), { seconds: 0.35 })).toHaveLength(1);
});

test('a product takes the tile of the nearest batch; a distant batch counts as not tuned', () => {
  const tile = (workgroups: number) => ({ kernel: 'direct', lanes: 64, pixels: 4, columns: 4, workgroups }) as const;
  const tuned = [16, 128].map((batch) => ({ product: productOf(batch), tile: tile(batch) }));
  const tuning = tuningOf(
    device,
    tuned.map(({ product }) => product),
    tuned.map((each) => ({ ...each, milliseconds: 1, usual: 1, candidates: [] })),
  );
  expect(tunedTile(tuning, productOf(128))).toEqual(tile(128));
  expect(tunedTile(tuning, productOf(20))).toEqual(tile(16));
  expect(tunedTile(tuning, productOf(500))).toEqual(tile(128));
  expect(tunedTile({}, productOf(128))).toBeUndefined();
  expect([32, 128, 512].map((batch) => isTuned(tuning, productOf(batch)))).toEqual([true, true, true]);
  expect([1, 3, 513].map((batch) => isTuned(tuning, productOf(batch)))).toEqual([false, false, false]);
});

const DIRECT = { kernel: 'direct', lanes: 64, pixels: 4, columns: 4, workgroups: 128 };
const TILED = { kernel: 'tiled', rows: 64, columns: 64, depth: 16, laneRows: 8, laneColumns: 4, workgroups: 256 };

test('the contents of a file are a valid tuning, or undefined', () => {
  const good: unknown = { a: DIRECT, b: TILED };
  expect(parseTuning(JSON.parse(JSON.stringify(good)))).toEqual(good as Tuning);
  expect(parseTuning({})).toEqual({});
  const bad: unknown[] = [
    undefined,
    null,
    [],
    'text',
    { a: null },
    { a: { ...DIRECT, kernel: 'other' } },
    { a: { ...DIRECT, lanes: 0 } },
    { a: { ...DIRECT, lanes: 4096 } },
    { a: { ...DIRECT, pixels: 3 } },
    { a: { ...DIRECT, workgroups: 1e9 } },
    { a: { ...TILED, rows: 63 } },
    { a: { ...TILED, rows: 1024 } }, // more lanes than a workgroup allows
    { a: { ...TILED, depth: 1 } },
    { a: { ...TILED, laneRows: 16 } },
    { a: { ...TILED, rows: 4, laneRows: 8 } },
    { a: TILED, b: 1 },
  ];
  for (const value of bad) expect(parseTuning(value), JSON.stringify(value)).toBeUndefined();
});
