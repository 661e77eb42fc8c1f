import { readFile } from 'node:fs/promises';
import { gatherRows, shuffledIndices } from '@hourglass/tensor';
import { openDevice } from '@hourglass/tensor/node';
import { transform } from 'esbuild';
import { expect, test } from 'vitest';
import {
  dense,
  readSafetensors,
  relu,
  Sequential,
  sigmoid,
  squaredErrors,
  Trainer,
  Weights,
  writeSafetensors,
} from '../src/index.ts';

test("the program of docs/your-own-data.md runs as it is printed, and its loss falls below that of the waves' mean", async () => {
  const page = await readFile(new URL('../../../docs/your-own-data.md', import.meta.url), 'utf8');
  const program = /```ts\n([\s\S]*?)```/.exec(page)![1]!;
  const { code } = await transform(program.replace(/^import [\s\S]*? from '.*';$/gm, ''), { loader: 'ts' });
  const printed: string[] = [];
  let file = new Uint8Array();
  const given = {
    ...{
      dense,
      gatherRows,
      openDevice,
      relu,
      Sequential,
      shuffledIndices,
      sigmoid,
      squaredErrors,
      Trainer,
      Weights,
      writeSafetensors,
    },
    console: { log: (line: string) => printed.push(line) },
    writeFile: async (_: string, bytes: Uint8Array<ArrayBuffer>) => {
      file = bytes;
    },
  };
  const AsyncFunction = (async () => {}).constructor as new (
    ...names: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(given), code)(...Object.values(given));
  expect(printed).toHaveLength(20);
  const loss = Number(/^epoch 20: loss (0\.\d{4})$/.exec(printed.at(-1)!)![1]);
  expect(loss).toBeLessThan(0.04); // the variance of 0.5 + 0.4 sin is 0.08: half of what a constant leaves
  expect(readSafetensors(file, 'waves').tensors.size).toBe(8);
});
