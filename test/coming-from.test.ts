import { readFileSync } from 'node:fs';
import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import * as nn from '../packages/nn/src/index.ts';
import * as tensor from '../packages/tensor/src/index.ts';

// The tables for readers who come from other libraries: every expression in the Hourglass column runs as written.

const page = readFileSync(new URL('../docs/coming-from.md', import.meta.url), 'utf8');

/** The cells of all rows, without the header of each table. */
const rows = [...page.matchAll(/^\|(?! ---)(.*)\|$/gm)]
  .map(([, cells]) => cells!.split(' | ').map((cell) => cell.trim()))
  .filter((cells) => !cells.at(-1)!.startsWith('Hourglass'));

const expressions = rows.flatMap((cells) => [...cells.at(-1)!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));

const device = await openDevice();
const { dense, Sequential, Weights, Trainer } = nn;
const numbers = (...shape: number[]) => tensor.randomUniform(device, shape, { seed: 5 });
const [encoder, decoder] = [new Sequential('encoder', [3], [dense(2)]), new Sequential('decoder', [2], [dense(3)])];
const model = new nn.Model('model', [encoder, decoder], (x: tensor.Tensor, weights, pass) =>
  decoder.apply(encoder.apply(x, weights, pass), weights, pass),
);
const weights = new Weights(device, [model], 0);
const data = nn.shuffledRows(device.tensor(new Float32Array(12).fill(0.5), [4, 3]));
const recipe: nn.TrainerOptions = {
  weights,
  objective: (x, context) => ({ loss: nn.squaredErrors(model.apply(x, context.weights, context), x) }),
  training: data,
  validation: data,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 0,
};
const trainer = new Trainer(recipe);
const weight = device.variable([1, 2]);
const scope = {
  ...tensor,
  ...nn,
  ...{ device, model, encoder, decoder, weights, recipe, trainer, weight },
  x: device.tensor(await numbers(4, 3).data(), [4, 3]),
  y: device.tensor(await numbers(4, 3).data(), [4, 3]),
  ...{ w: numbers(3, 2), images: numbers(2, 8, 8, 3), kernel: numbers(3, 3, 3, 4) },
  indices: device.integers([2, 0]),
  draws: nn.randomDraws(device, { seed: device.integers(0), step: device.integers(0) }, { training: true }),
  plan: await device.compile({}, () => ({ outputs: { y: weight.square() } })),
  file: nn.writeSafetensors(await weights.read()),
  checkpoint: nn.encodeCheckpoint(await trainer.snapshot(), {}),
};

test('there are about eighty rows, each with an expression', () => {
  expect(rows.length).toBeGreaterThan(70);
  for (const cells of rows) {
    expect(cells, cells.join(' | ')).toHaveLength(4);
    expect(cells[3], cells.join(' | ')).toContain('`');
  }
});

test.each(expressions)('%s', async (expression) => {
  // Data that has been read loses its graph, so each expression gets its own loss.
  const names = { ...scope, loss: weight.square().sum() };
  const evaluate = new Function(...Object.keys(names), `return (async () => (${expression}))();`);
  const value: unknown = await evaluate(...Object.values(names));
  if (value instanceof tensor.Tensor) await device.evaluate([value]);
  // Only expressions with side effects return nothing.
  else if (!/write|restore|check|finished|findNotFinite/.test(expression)) expect(value).toBeDefined();
});
