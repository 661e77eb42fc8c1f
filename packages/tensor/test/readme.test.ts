import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkGradients, elementwise, grad, kernel, mse } from '../src/index.ts';
import { openDevice } from '../src/node/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const AsyncFunction = (async () => {}).constructor as new (
  ...names: string[]
) => (...values: unknown[]) => Promise<void>;

/** Runs an example of the README, by its number, with what it would import; types have no meaning then. */
async function run(example: number, given: Readonly<Record<string, unknown>>): Promise<void> {
  const [, text] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][example]!;
  const body = text!.replace(/^import .*$/gm, '').replaceAll(': Tensor', '');
  await new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
}

test("the README's example runs as it is printed, and fits the line 2x + 1", async () => {
  const printed: number[] = [];
  const log = (...values: number[]): void => void printed.push(...values);
  await run(0, { grad, mse, openDevice, console: { log } });
  expect(printed).toHaveLength(2);
  // 200 steps of gradient descent leave about 1e-6; float32 rounding is smaller.
  expect(printed[0]).toBeCloseTo(2, 4);
  expect(printed[1]).toBeCloseTo(1, 4);
});

test("the README's own operations have the gradients that its check finds", async () => {
  const { device } = await openDevice();
  const checked: unknown[] = [];
  const check: typeof checkGradients = (operation, inputs, options) => {
    checked.push(operation);
    return checkGradients(operation, inputs, options);
  };
  await run(1, { device, elementwise, kernel, checkGradients: check });
  expect(checked).toHaveLength(1);
  device.destroy();
});
