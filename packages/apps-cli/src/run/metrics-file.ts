import type { EpochLosses } from '@hourglass/experiments';
import { UsageError } from '../usage/errors.ts';

/** Where a run stood at the end of an epoch; in results, at the end of the last. */
export interface EpochMetrics extends EpochLosses {
  /** Epochs and optimiser steps made in all. */
  readonly epochs: number;
  readonly steps: number;
  /** Of all training steps, the first of each process apart. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
}

/** The title of each number in files, in the order of the columns. */
const TITLES: Readonly<Record<keyof EpochMetrics, string>> = {
  epochs: 'epoch',
  steps: 'steps',
  loss: 'loss',
  valLoss: 'val_loss',
  reconstructionLoss: 'reconstruction_loss',
  klLoss: 'kl_loss',
  valReconstructionLoss: 'val_reconstruction_loss',
  valKlLoss: 'val_kl_loss',
  valNormalLoss: 'val_normal_loss',
  seconds: 'seconds',
  samplesPerSecond: 'samples_per_second',
};
const KEYS = Object.keys(TITLES) as (keyof EpochMetrics)[];

const COMMON: readonly (keyof EpochMetrics)[] = ['epochs', 'steps', 'loss', 'valLoss'];
/** What goes by the clock, in a file of its own: all others are the same whenever a run is made again. */
const TIMES: readonly (keyof EpochMetrics)[] = ['seconds', 'samplesPerSecond'];

/** `metrics.csv`: a row an epoch, with every digit. A number that is not finite is written as JavaScript writes it, NaN or Infinity. */
export function formatMetrics(rows: readonly EpochMetrics[]): string {
  const own = KEYS.filter((key) => rows[0]?.[key] !== undefined && !TIMES.includes(key));
  return formatColumns(rows.length > 0 ? own : COMMON, rows);
}

/** `timing.csv`: when the epochs ended, in seconds of training, and how fast they went. */
export const formatTimes = (rows: readonly EpochMetrics[]): string => formatColumns(['epochs', ...TIMES], rows);

function formatColumns(keys: readonly (keyof EpochMetrics)[], rows: readonly EpochMetrics[]): string {
  return `${[keys.map((key) => TITLES[key]).join(','), ...rows.map((row) => keys.map((key) => row[key]).join(','))].join('\n')}\n`;
}

/**
 * Reads the rows of the first `epochs` epochs; later ones come from after the checkpoint and will be made again.
 *
 * @param path the file's name in errors
 * @param times the text of `timing.csv`; what it lacks counts as 0, as nothing depends on it
 * @throws UsageError if one is missing or damaged
 */
export function parseMetrics(text: string, epochs: number, path: string, times = ''): EpochMetrics[] {
  const timed = times.split('\n').map((line) => line.split(',').map(Number));
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const titles = header.trim().split(',');
  const missing = COMMON.find((key) => !titles.includes(TITLES[key]));
  if (missing !== undefined)
    throw new UsageError(`${path} should begin with a line of titles; it has no title ${TITLES[missing]}.`);
  const keys = titles.map((title) => {
    const key = KEYS.find((key) => TITLES[key] === title);
    if (key === undefined) throw new UsageError(`${path}: no run has a column '${title}'. Take it out to go on.`);
    return key;
  });
  // One more than there are lines: the first that is missing is named.
  return Array.from({ length: Math.min(epochs, lines.length + 1) }, (_, i) => {
    const cells = (lines[i] ?? '').trim().split(',');
    const values = cells.map(Number);
    const readable = cells.every(
      (cell, column) => (cell !== '' && Number.isFinite(values[column])) || /^(NaN|-?Infinity)$/.test(cell),
    );
    const [, seconds = 0, samplesPerSecond = 0] = timed.find(([epoch]) => epoch === i + 1) ?? [];
    const read = Object.fromEntries(keys.map((key, column) => [key, values[column]!]));
    const row = { seconds, samplesPerSecond, ...read } as unknown as EpochMetrics;
    if (values.length !== keys.length || !readable || row.epochs !== i + 1)
      throw new UsageError(`${path}, line ${i + 2}: there should be the ${keys.length} numbers of epoch ${i + 1}.`);
    return row;
  });
}
