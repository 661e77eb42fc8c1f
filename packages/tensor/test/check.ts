import { h01 } from '@hourglass/testing/oracle';
import { expect } from 'vitest';
import { type Device, grad, type Tensor } from '../src/index.ts';
import { numericGradients, type Values } from './reference.ts';

/**
 * The allowed float32 error, relative to the largest element: the terms of a sum are as large as that element's, even
 * where they cancel. 1e-5 is about 170 roundings; a wrong index or a missing term shows as at least 1e-2.
 */
export const TOLERANCE = 1e-5;

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, name = '', tolerance = TOLERANCE) {
  expect(actual.length, `${name}: size`).toBe(expected.length);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (!(Math.abs(a - e) <= tolerance * largest)) {
      expect.fail(`${name}: element ${i} of ${expected.length} is ${a}, not ${e} (difference ${Math.abs(a - e)})`);
    }
  }
}

/** Arbitrary but fixed numbers between `low` and `high` that float32 holds exactly. */
export function numbers(
  shape: readonly number[],
  seed: number,
  [low, high]: readonly [number, number] = [-1, 1],
): Values {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: size }, (_, i) =>
    Math.fround((low + high) / 2 + ((high - low) / 2) * h01(i, seed)),
  );
  return { shape, data };
}

export const upload = (device: Device, { shape, data }: Values): Tensor =>
  device.tensor(Float32Array.from(data), shape);

/**
 * Compares an operation with its reference: the shape, the forward result, and the gradients of Σ output · dy for a
 * fixed dy. The expected gradients are `gradients(dy)`; by default, central differences of the reference in float64.
 */
export async function checkOperation(
  device: Device,
  inputs: readonly Values[],
  engine: (...inputs: Tensor[]) => Tensor,
  reference: (...inputs: Values[]) => Values,
  gradients: (dy: Float64Array) => readonly Values[] = (dy) => numericGradients(reference, inputs, dy),
): Promise<void> {
  const tensors = inputs.map((input) => upload(device, input));
  const output = engine(...tensors);
  const expected = reference(...inputs);
  expect(output.shape).toEqual(expected.shape);
  const dy = numbers(expected.shape, 99);
  const found = grad(output.mul(upload(device, dy)).sum(), tensors);
  // One plan for all: the pipelines compile in parallel.
  await device.evaluate([output, ...found]);
  expectClose(await output.data(), expected.data, 'output');
  for (const [i, values] of gradients(dy.data).entries()) {
    expect(found[i]!.shape).toEqual(values.shape);
    expectClose(await found[i]!.data(), values.data, `gradient of input ${i}`);
  }
}
