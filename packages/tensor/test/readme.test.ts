import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openDevice } from '../../node/src/index.ts';
import { grad, mse } from '../src/index.ts';

test("the README's example runs as it is printed, and fits the line 2x + 1", async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const body = example.replace(/^import .*$/gm, '');
  const printed: number[] = [];
  const AsyncFunction = (async () => {}).constructor as new (
    ...names: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const log = (...values: number[]): void => void printed.push(...values);
  await new AsyncFunction('grad', 'mse', 'openDevice', 'console', body)(grad, mse, openDevice, { log });
  expect(printed).toHaveLength(2);
  // 200 steps of gradient descent leave about 1e-6; float32 rounding is smaller.
  expect(printed[0]).toBeCloseTo(2, 4);
  expect(printed[1]).toBeCloseTo(1, 4);
});
