import { sizeOf } from '@hourglass/tensor';
import type { Network } from './sequential.ts';

/**
 * A model's layers, output shapes and parameter counts, formatted like Keras's `model.summary()`. With several parts,
 * each layer is prefixed with its part's name.
 */
export function summary(model: Network): string {
  const count = (trainable?: boolean): number =>
    model.parts
      .flatMap((part) => part.weights)
      .filter((spec) => trainable === undefined || spec.trainable === trainable)
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const rows = model.parts.flatMap((part) =>
    part.layers.map(({ name, layer, outputShape, weights }) => [
      `${part === model ? '' : `${part.name}.`}${name} (${layer.type})`,
      `(None, ${outputShape.join(', ')})`,
      weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0).toLocaleString('en-US'),
    ]),
  );
  const table = [['Layer (type)', 'Output shape', 'Param #'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)) + 2);
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 2 ? cell.padStart(widths[2]!) : cell.padEnd(widths[i]!))).join(' ');
  const rule = (mark: string): string => mark.repeat(widths.reduce((sum, width) => sum + width, 2));
  return [
    `Model: ${model.name}`,
    rule('_'),
    line(table[0]!),
    rule('='),
    ...table.slice(1).map(line),
    rule('='),
    `Total params: ${count().toLocaleString('en-US')}`,
    `Trainable params: ${count(true).toLocaleString('en-US')}`,
    `Non-trainable params: ${count(false).toLocaleString('en-US')}`,
    rule('_'),
  ].join('\n');
}
