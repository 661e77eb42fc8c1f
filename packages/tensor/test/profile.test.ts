import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { profile } from '../src/index.ts';
import { compileStep, network, valuesAt } from './training-step.ts';

const device = await openDevice();

test('a profiled run computes the same as a normal run', async () => {
  const [plain, profiled] = [network(device), network(device)];
  (await compileStep(device, plain)).run(valuesAt(1));
  const plan = await compileStep(device, profiled);
  const kernels = await profile(plan, valuesAt(1));
  expect(await profiled.state.weights.data()).toEqual(await plain.state.weights.data());
  expect(kernels.map(({ name }) => name)).toEqual(plan.kernels);
  expect(kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0)).toBeGreaterThan(0);
});

test('a product counts its multiply-adds and moves its operands once', async () => {
  const [m, k, n] = [8, 12, 20];
  const a = device.tensor(new Float32Array(m * k), [m, k]);
  const b = device.tensor(new Float32Array(k * n), [k, n]);
  const plan = await device.compile({}, () => ({ outputs: { product: a.matmul(b) } }));
  const kernels = await profile(plan, {});
  const products = kernels.filter(({ multiplyAdds }) => multiplyAdds > 0);
  expect(products.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)).toBe(m * k * n);
  // The right side may be in another, padded layout.
  const { read, written } = products[0]!.traffic;
  expect(written).toBe(m * n * 4);
  expect(read).toBeGreaterThanOrEqual((m * k + k * n) * 4);
  expect(read).toBeLessThan(2 * (m * k + k * n) * 4);
});

test('a variable that is changed in place is read and written', async () => {
  const weights = device.variable(new Float32Array(100));
  const g = device.tensor(new Float32Array(100));
  const plan = await device.compile({}, () => ({ updates: [weights.assign(weights.sub(g))] }));
  expect(plan.traffic).toEqual({ read: 800, written: 400 });
});
