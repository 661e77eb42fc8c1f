import { expect, test } from 'vitest';
import type { Dispatch } from '../src/dispatch.ts';
import type { Counters } from '../src/index.ts';
import { Pipelines } from '../src/pipelines.ts';

test('the most recently used kernels are cached for other plans, up to a limit', async () => {
  const counters = { pipelines: 0 };
  const gpu = { createShaderModule: () => ({}), createComputePipelineAsync: async () => ({}) };
  const faults = { scoped: <T>(_: string, calls: () => T) => ({ value: calls(), fault: Promise.resolve(undefined) }) };
  const pipelines = new Pipelines(gpu as unknown as GPUDevice, counters as Counters, faults);
  const compiled = async (...numbers: number[]): Promise<number> => {
    const before = counters.pipelines;
    await pipelines.of(
      numbers.map((number) => ({ source: `kernel ${number}`, name: '', shapes: [] }) as unknown as Dispatch),
    );
    return counters.pipelines - before;
  };
  for (let i = 0; i < 512; i++) expect(await compiled(i, i)).toBe(1);
  expect(await compiled(0, 511)).toBe(0);
  expect(await compiled(512)).toBe(1); // evicts kernel 1, the least recently used
  expect(await compiled(0, 2, 511)).toBe(0);
  expect(await compiled(1)).toBe(1);
});
