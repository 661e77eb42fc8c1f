import { UsageError } from './errors.ts';

/** Where a run stood at the end of an epoch; in results, at the end of the last. */
export interface EpochMetrics {
  /** Epochs and optimiser steps made in all. */
  readonly epochs: number;
  readonly steps: number;
  /** Means over the samples of the epoch's training, and of the validation after it. */
  readonly loss: number;
  readonly valLoss: number;
  /** Of all training steps, the first of each process apart. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
}

const COLUMNS: readonly (readonly [title: string, key: keyof EpochMetrics])[] = [
  ['epoch', 'epochs'],
  ['steps', 'steps'],
  ['loss', 'loss'],
  ['val_loss', 'valLoss'],
  ['seconds', 'seconds'],
  ['samples_per_second', 'samplesPerSecond'],
];
const HEADER = COLUMNS.map(([title]) => title).join(',');

/** `metrics.csv`: a row an epoch, with every digit. */
export function formatMetrics(rows: readonly EpochMetrics[]): string {
  return `${[HEADER, ...rows.map((row) => COLUMNS.map(([, key]) => row[key]).join(','))].join('\n')}\n`;
}

/**
 * Reads the rows of the first `epochs` epochs; later ones come from after the checkpoint and will be made again.
 *
 * @param path the file's name in errors
 * @throws UsageError if one is missing or damaged
 */
export function parseMetrics(text: string, epochs: number, path: string): EpochMetrics[] {
  const [header, ...lines] = text.trimEnd().split('\n');
  if (header?.trim() !== HEADER) throw new UsageError(`${path} should begin with the line ${HEADER}.`);
  return Array.from({ length: epochs }, (_, i) => {
    const values = (lines[i] ?? '').split(',').map(Number);
    if (values.length !== COLUMNS.length || !values.every(Number.isFinite) || values[0] !== i + 1)
      throw new UsageError(`${path}, line ${i + 2}: there should be the ${COLUMNS.length} numbers of epoch ${i + 1}.`);
    return Object.fromEntries(COLUMNS.map(([, key], column) => [key, values[column]!])) as unknown as EpochMetrics;
  });
}
